"""How the server listens and whom it lets in."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import SettingsError

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_ANY = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What `assistant serve` was told. Nothing here is secret.

    `users_file` holds names with hashed passwords. `user_header` is a header in which a reverse
    proxy at one of `trusted_proxies` names the user that it has let in. `hosts` are the names
    under which browsers may reach the server, beside those of loopback. `editors` are the names
    of that header who may change the corpus, all if there are none; users of the file have it
    written there. `runs` is the folder of eval runs.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    hosts: tuple[str, ...] = ()
    users_file: Path | None = None
    user_header: str | None = None
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    editors: tuple[str, ...] = ()
    runs: Path = Path("runs")
    questions_per_minute: int = 20
    changes_per_minute: int = 30
    login_tries_per_minute: int = 5

    @property
    def has_login(self) -> bool:
        """Whether people have to say who they are."""
        return self.users_file is not None or self.user_header is not None

    @property
    def is_reachable(self) -> bool:
        """Whether others than this machine's user may reach it: then the API needs keys."""
        return self.has_login or not is_loopback(self.host)

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Host names that a request may carry."""
        own = () if self.host in _ANY else (self.host,)
        return tuple(dict.fromkeys((*_LOOPBACK_NAMES, *own, *self.hosts)))


def check_options(options: ServeOptions) -> None:
    """Refuse to be open to other machines without knowing who asks.

    Raises:
        SettingsError: the address is not loopback and there is no authentication, or the users
            file is missing.
    """
    if options.users_file is not None and not options.users_file.is_file():
        raise SettingsError(
            f"There is no users file {options.users_file}.",
            hint=f"Make it with `assistant users add NAME --users {options.users_file}`.",
        )
    if not is_loopback(options.host) and not options.has_login:
        raise SettingsError(
            f"Listening on {options.host} opens the assistant to other machines, and nobody "
            "would have to log in.",
            hint="Give --users FILE (see `assistant users add`), or --user-header NAME behind a "
            "reverse proxy; or keep --host 127.0.0.1.",
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
