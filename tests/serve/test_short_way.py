"""The commonest request goes a short way of its own: nobody can tell by the answers, whatever comes in which order."""

import json
import socket
import time

import numpy as np
import pytest
from requests_of import tensor

from chainrule.server.settings import Settings
from chainrule.server.short_way import ShortWay

BODY = json.dumps(tensor(np.array([[1.0, 2.0, 3.0, 4.0]]))).encode()


def request(host, body=BODY, line=b"POST /v2/models/small/infer HTTP/1.1", more=(), length=None):
    """The bytes of a request. length: said instead of the body's."""
    size = len(body) if length is None else length
    head = [
        line,
        b"host: " + host.encode(),
        b"content-type: application/json",
        b"content-length: %d" % size,
        *more,
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


class Connection:
    """A connection on which bytes are sent as they are."""

    def __init__(self, server):
        name, port = server.host.split(":")
        self.host, self.socket = server.host, socket.create_connection((name, int(port)), timeout=10)
        self.kept = b""

    def send(self, *pieces, pause=0.05):
        for k, piece in enumerate(pieces):
            time.sleep(pause if k else 0)
            self.socket.sendall(piece)

    def read(self):
        """The next answer: status, headers, body."""
        while b"\r\n\r\n" not in self.kept:
            found = self.socket.recv(65536)
            assert found, "closed"
            self.kept += found
        head, _, self.kept = self.kept.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(text.lower().split(": ", 1) for text in lines)
        assert len(headers) == len(lines)  # each is said once
        while len(self.kept) < int(headers.get("content-length", "0")):
            self.kept += self.socket.recv(65536)
        size = int(headers.get("content-length", "0"))
        body, self.kept = self.kept[:size], self.kept[size:]
        return int(first.split()[1]), headers, body

    def is_closed(self):
        """Whether the other end closes."""
        return self.socket.recv(1) == b""

    def until_closed(self):
        """All that comes until the other end closes."""
        found = b""
        while piece := self.socket.recv(65536):
            found += piece
        return found


@pytest.fixture
def connection(server, ask):
    """A connection to the shared server."""
    found = Connection(server)
    yield found
    found.socket.close()


LONG = (b"x-twice: 1", b"x-twice: 2")  # a header that appears twice is the library's


def test_both_ways_say_the_same(connection, server) -> None:
    """Numbers, status and headers, but for the date and the request's own id."""
    connection.send(request(server.host))
    short = connection.read()
    connection.send(request(server.host, more=LONG))
    long = connection.read()
    assert short[0] == long[0] == 200
    assert short[2] == long[2]
    assert short[1].keys() == long[1].keys()
    for name in short[1].keys() - {"date", "x-request-id"}:
        assert short[1][name] == long[1][name]


REFUSED = [
    (b"{", (), 400), (b"[]", (), 400), (BODY, (b"origin: http://evil.example",), 403), (b"x" * 10, (b"inference-header-content-length: 99",), 400),
    (json.dumps(tensor(np.zeros((2000, 4)))).encode(), (), 413),
]  # fmt: skip


@pytest.mark.parametrize(("body", "more", "status"), REFUSED)
def test_both_ways_refuse_the_same(connection, server, body, more, status) -> None:
    """Same status, same reason, and the connection goes on."""
    said = []
    for way in ((), LONG):
        connection.send(request(server.host, body, more=(*more, *way)))
        said.append(connection.read())
    assert said[0][0] == said[1][0] == status
    assert said[0][2] == said[1][2]
    assert said[0][1].keys() == said[1][1].keys()
    connection.send(request(server.host))
    assert connection.read()[0] == 200


def test_a_wrong_name_and_a_wrong_type_are_refused(connection, server) -> None:
    """Host and Content-Type are looked at on the short way, too."""
    connection.send(request("evil.example"))
    assert connection.read()[0] == 403
    connection.send(request(server.host).replace(b"application/json", b"text/plain"))
    assert connection.read()[0] == 415


PLAIN = request("HOST")
PIECES = [
    [PLAIN[:10], PLAIN[10:]],  # within the first line
    [PLAIN[:-100], PLAIN[-100:]],  # within the body
    [PLAIN[: PLAIN.index(b"\r\n\r\n") + 2], PLAIN[PLAIN.index(b"\r\n\r\n") + 2 :]],  # within the empty line
    [PLAIN[:-100], PLAIN[-100:-50], PLAIN[-50:], PLAIN],
    [PLAIN[: PLAIN.index(b"\r\n\r\n") + 4], BODY, PLAIN],  # the body by itself, as many clients send it
    [PLAIN[:-100], PLAIN[-100:] + PLAIN[:30], PLAIN[30:]],  # a body's end with the next beginning
    [PLAIN + PLAIN[:30], PLAIN[30:]],  # the next one's beginning with it
    [PLAIN + PLAIN + PLAIN],  # three at once
    [PLAIN, PLAIN + request("HOST", more=LONG), PLAIN],  # short, then both
]


@pytest.mark.parametrize("k", range(len(PIECES)))
def test_requests_may_come_in_pieces_and_before_their_turn(connection, server, k) -> None:
    """Each is answered, in order; another model's answer between them shows it."""
    pieces = [piece.replace(b"HOST", server.host.encode()) for piece in PIECES[k]]
    count = b"".join(PIECES[k]).count(b"POST ")
    connection.send(*pieces)
    answers = [connection.read() for _ in range(count)]
    assert [status for status, _, _ in answers] == [200] * count
    assert len({body for _, _, body in answers}) == 1


def test_many_at_once_are_answered_in_order(connection, server) -> None:
    """Fifty requests in one write, each with an id of its own."""
    all_ = b"".join(request(server.host, more=(b"x-request-id: n%d" % k,)) for k in range(50))
    connection.send(all_)
    assert [connection.read()[1]["x-request-id"] for _ in range(50)] == [f"n{k}" for k in range(50)]


OTHERS = [
    request("HOST", length=5), request("HOST", length=-1), request("HOST", more=(b"bad header",)), request("HOST", more=(b"x: a\x00b",)),
    request("HOST", more=(b" folded: 1",)), request("HOST", more=(b"content-length: 3",)), request("HOST", more=(b"transfer-encoding: chunked",)),
    request("HOST", more=(b"expect: 100-continue",)), request("HOST", more=(b"connection: close",)), request("HOST", more=(b"x: \xff",)),
    request("HOST", line=b"POST /v2/models/small/infer HTTP/1.0"), request("HOST", line=b"POST /v2/models/small/infer?a=1 HTTP/1.1"),
    request("HOST").replace(b"host: HOST\r\n", b""), request("HOST").replace(b"\r\n", b"\n"), request("HOST", more=(b"content-length : 3",)),
    request("HOST", more=(b"x: a\rb",)), request("HOST", more=(b"x: a\nb: c",)), request("HOST", more=(b"",)), request("HOST")[:-1],
]  # fmt: skip


@pytest.mark.parametrize("bad", OTHERS)
def test_what_is_not_plain_is_the_librarys(bad) -> None:
    """Lengths that are wrong or said twice, torn headers, no host, other versions: the short way takes none of these."""

    class App:
        lines, heads, settings = {b"POST /v2/models/small/infer HTTP/1.1": "small"}, {}, Settings()

    class Transport:
        def get_extra_info(self, name):
            return ("127.0.0.1", 1)

    class Way(ShortWay):
        def _crowded(self):
            return False

        def _begin(self, *given):
            raise AssertionError("taken")

    way = Way(App(), None, Transport())
    assert way.takes(bad) == bad or len(bad) < len(request("HOST"))
    way = Way(App(), None, Transport())
    with pytest.raises(AssertionError, match="taken"):
        way.takes(request("HOST"))


def test_lengths_that_are_said_twice_answer_nobody_twice(connection, server) -> None:
    """What a smuggled request would need: the library refuses it and closes."""
    bad = request(server.host, more=(b"content-length: 3",)) + request(server.host)
    connection.send(bad)
    answers = connection.until_closed()
    assert answers.startswith(b"HTTP/1.1 400")
    assert answers.count(b"HTTP/1.1") == 1


def test_a_body_that_does_not_come_is_not_waited_for(connection, server) -> None:
    """408 after the time that a body has (--timeout 2 here), on the short way as elsewhere."""
    connection.send(request(server.host)[:-10])
    began = time.monotonic()
    assert connection.read()[0] == 408
    assert 1 < time.monotonic() - began < 8
    assert connection.is_closed()


@pytest.mark.long
def test_a_quiet_connection_is_closed(start, files) -> None:
    """After as long as the server keeps connections, also if all its requests went the short way."""
    server = start(files / "small.keras")
    assert Settings().keep_alive_seconds == 30
    connection = Connection(server)
    for _ in range(2):
        connection.send(request(server.host))
        assert connection.read()[0] == 200
    connection.socket.settimeout(40)
    began = time.monotonic()
    assert connection.is_closed()
    assert 20 < time.monotonic() - began < 38
