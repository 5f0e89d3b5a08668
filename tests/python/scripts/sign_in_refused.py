"""What a user is told whose credentials are no good in the organization that is named."""

import sys

import sliderule

from report import DOMAIN, attempt, tell

organization = sys.argv[1]
tell(
    start=attempt(sliderule.init, DOMAIN, organization=organization),
    order=attempt(sliderule.update_available_servers, 2, 15),
)
