"""Identifiers in the forms that AWS gives them."""

import secrets
import uuid


def new_uuid() -> str:
    """Return a version 4 UUID, as pipeline executions and builds carry."""
    return str(uuid.uuid4())


def new_hex(length: int = 32) -> str:
    """Return `length` hexadecimal digits, as ECS task ids (32) carry."""
    return secrets.token_hex((length + 1) // 2)[:length]


def new_decimal(length: int = 19) -> str:
    """Return `length` decimal digits, as ECS deployment ids (`ecs-svc/…`) carry."""
    return str(secrets.randbelow(9 * 10 ** (length - 1)) + 10 ** (length - 1))
