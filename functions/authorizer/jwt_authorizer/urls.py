"""The URLs that keys may come from."""


def is_https_url(url: object) -> bool:
    """Whether this is a URL that keys may come from: https, a host, no credentials, no fragment."""
    if not isinstance(url, str) or not url.isascii() or any(not " " < character < "\x7f" for character in url):
        return False
    # Most configurations name no URL, and this takes longer to import than all of this package.
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        return (
            parts.scheme == "https"
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and not parts.fragment
            and parts.port != 0
        )
    except ValueError:
        return False
