"""A cluster whose name is not known to DNS yet, found by the address that the provisioning system tells."""

import socket

import sliderule

from report import DOMAIN, logged, tell


def is_known(host):
    try:
        return bool(socket.getaddrinfo(host, 443))
    except socket.gaierror:
        return False


known = is_known(f"parked.{DOMAIN}")
ready = sliderule.init(DOMAIN, organization="parked", desired_nodes=1, time_to_live=15, bypass_dns=True)
tell(known=known, ready=ready, log=logged(), version=sliderule.get_version())
