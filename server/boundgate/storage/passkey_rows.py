"""How users, passkeys, links and notices are read from their rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from boundgate.passkeys.model import EnrolmentLink, LinkPurpose, Notice, Passkey, User
from boundgate.storage.rows import blob, maybe, member, reader, seconds, text, whole, words


def _read_user(row: Row[Any]) -> User:
    return User(
        id=text(row.id),
        name=text(row.name),
        handle=blob(row.handle),
        operator=bool(row.operator),
        created_at=seconds(row.created_at),
    )


def _read_passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        credential_id=blob(row.credential_id),
        user_id=text(row.user_id),
        public_key=blob(row.public_key),
        sign_count=whole(row.sign_count),
        name=text(row.name),
        created_at=seconds(row.created_at),
        last_used_at=maybe(seconds, row.last_used_at),
        backup_eligible=bool(row.backup_eligible),
        backed_up=bool(row.backed_up),
        transports=words(row.transports),
        aaguid=text(row.aaguid),
    )


def _read_link(row: Row[Any]) -> EnrolmentLink:
    return EnrolmentLink(
        token_hash=blob(row.token_hash),
        user_id=text(row.user_id),
        purpose=member(LinkPurpose, row.purpose),
        created_at=seconds(row.created_at),
        expires_at=seconds(row.expires_at),
    )


def _read_notice(row: Row[Any]) -> Notice:
    return Notice(user_id=text(row.user_id), at=seconds(row.at), text=text(row.text))


read_user = reader("user", _read_user)
read_passkey = reader("passkey", _read_passkey)
read_link = reader("enrolment link", _read_link)
read_notice = reader("notice", _read_notice)
