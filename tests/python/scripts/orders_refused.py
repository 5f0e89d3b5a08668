"""What a user is told whose orders are refused."""

import sliderule

from report import DOMAIN, attempt, tell

sliderule.init(DOMAIN, organization="acme")
too_short = attempt(sliderule.update_available_servers, 2, 5)
too_long = attempt(sliderule.update_available_servers, 2, 1000)
# The cluster sleeps, so there is nothing to start with.
sliderule.authenticate("poor")
too_dear = attempt(sliderule.update_available_servers, 2, 60)
tell(too_short=too_short, too_long=too_long, too_dear=too_dear)
