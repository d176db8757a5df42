"""One frozen settings object, read once at start-up and checked across its fields.

Sources, strongest first: command-line options, environment `BOUNDGATE_*`, a TOML file (`--config`, else
`BOUNDGATE_CONFIG_FILE`, else `<data-dir>/boundgate.toml` where it exists), the defaults below.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableVariable

from boundgate.settings_checks import problems
from boundgate.terms import Provenance, Tier

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
PROACTIVE_WINDOW_SECONDS = 120
"""Chromium refreshes ahead whenever this much or less of a bound cookie's life is left."""
SECRET_FIELDS = frozenset({"upstream_api_key"})
ENV_PREFIX = "BOUNDGATE_"
CONFIG_FILE_VARIABLE = "BOUNDGATE_CONFIG_FILE"


def split_list(value: object) -> object:
    """A list written as one text, comma-separated, as in an environment variable; anything else as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


class TierRule(BaseModel):
    """What one tier of models asks of a session."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accepted_provenances: Annotated[tuple[Provenance, ...], NoDecode] = (
        Provenance.SOFTWARE,
        Provenance.BROWSER,
        Provenance.ATTESTED,
    )
    proof_max_age_seconds: int = Field(default=300, ge=1, le=86_400)
    step_up: bool = False

    @field_validator("accepted_provenances", mode="before")
    @classmethod
    def _split_words(cls, value: object) -> object:
        return split_list(value)

    @field_validator("accepted_provenances")
    @classmethod
    def _check_keys(cls, value: tuple[Provenance, ...]) -> tuple[Provenance, ...]:
        if not value:
            raise ValueError("an empty list would admit nobody; name software, browser or attested")
        if Provenance.NONE in value:
            raise ValueError("none is no key, and no call is admitted without one; name software, browser or attested")
        return value


class OutsideProvider(BaseModel):
    """An OpenID provider that people may begin a sign-in with. Its key in the settings names its redirect URI."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=40)
    issuer: str = Field(max_length=255)
    client_id: str = Field(min_length=1, max_length=255)
    client_secret_file: Path | None = None
    scopes: Annotated[tuple[str, ...], NoDecode] = ("openid",)

    @field_validator("scopes", mode="before")
    @classmethod
    def _split_words(cls, value: object) -> object:
        return split_list(value)


DEFAULT_TIERS: Mapping[Tier, TierRule] = {Tier.STANDARD: TierRule(), Tier.PREMIUM: TierRule(step_up=True)}


class SettingsError(Exception):
    """The settings cannot work; the message has one line per problem."""


class Settings(BaseSettings):
    """Everything an operator can set. Units are in the names."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, frozen=True, extra="forbid", env_nested_delimiter="__", env_ignore_empty=True
    )

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8443, ge=1, le=65535, description="Port to listen on.")
    data_dir: Path = Field(default=Path(".boundgate"), description="Database, keys, certificates and run.json.")
    organisation: str = Field(default="Boundgate", max_length=80, description="Name shown on pages and passkeys.")
    public_origin: str = Field(
        default="", description="Origin that browsers see; its host is the relying-party id. Default: this machine."
    )
    tls_cert_file: Path | None = Field(default=None, description="PEM chain; default: a development certificate.")
    tls_key_file: Path | None = Field(default=None, description="PEM key of tls_cert_file.")
    trusted_proxies: Annotated[tuple[IPNetwork, ...], NoDecode] = Field(
        default=(), description="Networks whose X-Forwarded-For is believed, comma-separated."
    )
    metrics_networks: Annotated[tuple[IPNetwork, ...], NoDecode] = Field(
        default=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")),
        description="Networks that may read /metrics, comma-separated.",
    )
    workers: int = Field(default=1, ge=1, le=64, description="Processes that serve; several need hot_state_url.")
    database_url: str = Field(default="", description="SQLAlchemy URL; default: SQLite in data_dir.")
    hot_state_url: str = Field(
        default="", description="Valkey or Redis that workers share: redis://, rediss:// or unix://. Default: memory."
    )
    hot_state_prefix: str = Field(
        default="boundgate", pattern="^[A-Za-z0-9_.:-]{1,64}$", description="Begins every key in hot_state_url."
    )
    log_format: str = Field(default="auto", pattern="^(auto|json|console)$", description="auto: console on a terminal.")

    upstream_base_url: str = Field(default="", description="OpenAI-compatible API; default: the embedded model.")
    upstream_api_key: SecretStr | None = Field(default=None, description="Key for the upstream.")
    upstream_api_key_file: Path | None = Field(default=None, description="File that holds the upstream key.")
    upstream_connect_timeout_seconds: float = Field(
        default=10.0, gt=0, le=120, description="Longest wait for a connection to the upstream."
    )
    upstream_read_timeout_seconds: float = Field(
        default=300.0, gt=0, le=3600, description="Longest silence of the upstream in one answer."
    )
    upstream_drain_seconds: float = Field(
        default=60.0, ge=0, le=600, description="How long a call's usage record is awaited after a hang-up."
    )
    upstream_max_connections: int = Field(
        default=100, ge=1, le=10_000, description="Connections to the upstream that are open at once."
    )
    prices_file: Path | None = Field(default=None, description="TOML price table; default: the built-in one.")
    request_body_max_bytes: int = Field(
        default=1_048_576, ge=1024, le=64 * 1_048_576, description="Largest request body; a larger one gets 413."
    )
    header_max_bytes: int = Field(
        default=65_536, ge=8192, le=65_536, description="Largest request head; the connection refuses a larger one."
    )

    login_seconds: int = Field(default=43_200, ge=300, le=86_400 * 7, description="Life of a sign-in.")
    login_idle_seconds: int = Field(default=3_600, ge=60, le=86_400, description="Life of a sign-in that nobody uses.")
    first_link_seconds: int = Field(
        default=900, ge=60, le=3_600, description="Life of the enrolment link that the start-up banner shows."
    )
    invitation_seconds: int = Field(
        default=86_400, ge=60, le=86_400 * 7, description="Life of an invitation's or a recovery's link."
    )
    ceremony_seconds: int = Field(default=300, ge=30, le=900, description="Life of a WebAuthn challenge.")

    registration_seconds: int = Field(default=30, ge=5, le=120, description="Life of an offer to bind a key.")
    bound_cookie_seconds: int = Field(
        default=300, ge=150, le=3_600, description="Life of a bound cookie; renewed only against a proof."
    )
    dbsc_challenge_seconds: int = Field(
        default=900, ge=180, le=86_400, description="Life of a DBSC challenge; longer than a bound cookie's."
    )
    relying_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origins that may bind their own sessions to the keys of ours, comma-separated."
    )
    superseded_grace_seconds: int = Field(
        default=10, ge=1, le=60, description="How long an older bound value lives after a newer one was first used."
    )
    signature_window_seconds: int = Field(
        default=540, ge=60, le=3_600, description="Window over which a session's signatures are counted."
    )
    signature_limit: int = Field(
        default=4, ge=1, le=5, description="Signatures within the window after which no more proof is demanded."
    )
    pin_ipv4_prefix: int = Field(
        default=24, ge=8, le=32, description="Leading bits of an IPv4 address that a bound cookie is tied to."
    )
    pin_ipv6_prefix: int = Field(
        default=64, ge=16, le=128, description="Leading bits of an IPv6 address that a bound cookie is tied to."
    )
    session_cache_seconds: float = Field(
        default=10.0, ge=0, le=60, description="How long a process may answer from a session that it has read."
    )

    oauth_pushed_seconds: int = Field(
        default=60, ge=10, le=600, description="Life of a pushed authorization request; each is used once."
    )
    oauth_unproved_per_minute: int = Field(
        default=300, ge=10, le=1_000_000, description="OAuth requests a minute of one address that prove nothing."
    )
    oauth_code_seconds: int = Field(
        default=60, ge=10, le=600, description="Life of an authorization code; each is used once."
    )
    oauth_access_seconds: int = Field(default=300, ge=60, le=3_600, description="Life of an access token.")
    oauth_refresh_seconds: int = Field(
        default=1_209_600, ge=3_600, le=86_400 * 90, description="Life of a refresh token, which each use renews."
    )
    oauth_family_seconds: int = Field(
        default=2_592_000,
        ge=3_600,
        le=86_400 * 365,
        description="How long a user's decision lasts, however often its tokens are renewed.",
    )
    oauth_again_seconds: int = Field(
        default=30, ge=0, le=120, description="How long a used refresh token gets the same answer again."
    )

    attestation_roots_file: Path | None = Field(
        default=None, description="PEM bundle of TPM makers' certificates; default: no key is attested."
    )

    outside_providers: dict[str, OutsideProvider] = Field(
        default_factory=dict, description="OpenID providers that a sign-in may begin with; the passkey still follows."
    )

    audit_retention_days: int = Field(default=90, ge=1, le=3_650, description="How long records are kept.")
    audit_refused_rows_max: int = Field(
        default=100_000, ge=1_000, description="Records of refusals that are kept at most."
    )

    tiers: dict[Tier, TierRule] = Field(
        default_factory=lambda: dict(DEFAULT_TIERS), description="What each tier of models asks of a session."
    )

    @field_validator("trusted_proxies", "metrics_networks", "relying_origins", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        return split_list(value)

    @field_validator("tiers", mode="before")
    @classmethod
    def _fill_tiers(cls, value: object) -> object:
        # Rule by rule and field by field: whoever changes the age of a premium proof keeps its step-up.
        if not isinstance(value, Mapping) or not all(isinstance(rule, Mapping | TierRule) for rule in value.values()):
            return value
        given = {str(tier): _fields(rule) for tier, rule in value.items()}
        defaults = {str(tier): _fields(rule) for tier, rule in DEFAULT_TIERS.items()}
        return {tier: defaults.get(tier, {}) | given.get(tier, {}) for tier in defaults | given}

    @model_validator(mode="after")
    def _check_together(self) -> Settings:
        if found := problems(self):
            raise ValueError("\n".join(found))
        return self

    @property
    def origin(self) -> str:
        """The one origin that this server is, without a trailing slash."""
        if self.public_origin:
            return self.public_origin
        return "https://localhost" if self.port == 443 else f"https://localhost:{self.port}"

    @property
    def rp_id(self) -> str:
        """The WebAuthn relying-party id: the host of the origin."""
        return urlsplit(self.origin).hostname or "localhost"

    @property
    def sqlalchemy_url(self) -> str:
        """Where the database is."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'boundgate.sqlite3'}"

    @property
    def development_tls(self) -> bool:
        """Whether the server makes its own certificate."""
        return self.tls_cert_file is None


def _fields(rule: Mapping[str, Any] | TierRule) -> dict[str, Any]:
    return rule.model_dump() if isinstance(rule, TierRule) else dict(rule)


def load_settings(*, config_file: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings from all sources.

    Args:
        config_file: a TOML file; it must exist where it is given.
        overrides: field values that win over everything, such as command-line options; None means "not given".

    Raises:
        SettingsError: with one readable line per problem, never with the value of a secret.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    written = read_config(find_config_file(config_file, given))

    class _Layered(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del dotenv_settings, file_secret_settings
            return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=written)

    try:
        return _Layered(**given)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(entry) for entry in error.errors())) from None
    except UnreadableVariable as error:
        raise SettingsError(f"{str(error).split(' from source')[0]}: not valid JSON") from None


def find_config_file(config_file: Path | None, given: Mapping[str, Any]) -> Path | None:
    """The TOML file to read: the one asked for, the environment's, or `boundgate.toml` in the data directory."""
    if config_file is not None:
        return config_file
    if named := os.environ.get(CONFIG_FILE_VARIABLE):
        return Path(named)
    data_dir = given.get("data_dir") or os.environ.get("BOUNDGATE_DATA_DIR") or ".boundgate"
    candidate = Path(data_dir) / "boundgate.toml"
    return candidate if candidate.is_file() else None


def read_config(file: Path | None) -> dict[str, Any]:
    """The settings written in a TOML file; empty for None.

    Raises:
        SettingsError: the file is missing, unreadable or not TOML.
    """
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"no settings file at {file}") from None
    except OSError as error:
        raise SettingsError(f"settings file {file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {file} is not TOML: {error}") from None


def _explain(entry: Any) -> str:  # pydantic's ErrorDetails
    where = ".".join(str(part) for part in entry["loc"])
    if entry["type"] == "extra_forbidden":
        return f"{where}: there is no such setting"
    message = str(entry["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
