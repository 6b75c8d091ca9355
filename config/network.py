"""What is this machine: unencrypted connections are only for servers on it."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
