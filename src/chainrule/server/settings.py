"""What a server is told: its address, who may ask, and the limits of one request. Every limit has a status of its own."""

from dataclasses import dataclass, field

from chainrule.errors import ChainruleError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Settings:
    """Address, access and limits of a server.

    token: what callers must show, None for nobody asks.  allow_hosts: names that a Host header may have beside the
    address itself.  queue: examples that may wait; more are refused with 503.  max_batch: examples in one forward pass,
    which bounds what a request waits for.  Seconds and bytes are limits of one request.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = field(default=None, repr=False)
    allow_hosts: tuple[str, ...] = ()
    max_body: int = 16 << 20
    max_examples: int = 1024
    max_pictures: int = 16
    max_batch: int = 32
    queue: int = 2048
    pictures_waiting: int = 32
    header_seconds: float = 10.0
    body_seconds: float = 20.0
    keep_alive_seconds: float = 30.0
    drain_seconds: float = 0.5
    stop_seconds: float = 30.0
    max_connections: int = 1000
    access_log: bool = True

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK

    @property
    def hosts(self) -> frozenset[str]:
        """The names that a Host header may have, without port; lower case."""
        return frozenset(name.lower() for name in (*LOOPBACK, self.host, *self.allow_hosts))


class RefusedError(ChainruleError):
    """A request that is not answered: its status, the reason, and headers such as Retry-After."""

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, headers or {}


def overloaded() -> RefusedError:
    """The refusal when too much waits already."""
    return RefusedError(503, "Too many requests are waiting. Ask again in a second.", {"retry-after": "1"})
