"""Rotates the HMAC secret that JWTs are signed with, on Secrets Manager's schedule."""
