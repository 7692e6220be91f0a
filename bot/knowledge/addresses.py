"""Where a URL may lead: not into the network that Timbre itself stands in, unless the operator says so."""

import ipaddress
import socket

import httpx

from bot.knowledge.refusal import Refusal

NO_KEEPING = httpx.Limits(max_keepalive_connections=0)


class CheckedTransport(httpx.BaseTransport):
    """Connects to the address that was checked, so that a name can't be another's by the time it is used."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        # A connection is used for one request: it belongs to an address, and a name's certificate is checked on each.
        self._inner = httpx.HTTPTransport(trust_env=False, limits=NO_KEEPING)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises `Refusal` where it would go to a private address."""
        host = request.url.host
        address = address_of(host, request.url.port or (443 if request.url.scheme == "https" else 80))
        if not (self._allow_private or is_public(address)):
            raise Refusal(
                f"leads to {host}, an address that is not on the public internet; "
                "set TIMBRE_ALLOW_PRIVATE_URLS=true if it should be read all the same"
            )
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)  # the header Host stays what it was
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def address_of(host: str, port: int) -> str:
    """Return the address a name stands for. Raises `Refusal` when it stands for none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as err:
        raise Refusal(f"leads to {host}, a name that can't be found; check how it is written") from err
    return str(found[0][4][0])


def is_public(address: str) -> bool:
    """Return whether an IP address is on the public internet, whatever form it is written in."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        within = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _behind_nat64(ip)
        if within is not None:
            return is_public(str(within))
    return ip.is_global and not ip.is_multicast


def _behind_nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    is_translated = ip in ipaddress.ip_network("64:ff9b::/96")
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if is_translated else None
