"""A cluster whose nodes are of another major release."""

import sliderule

from report import DOMAIN, attempt, tell

tell(**attempt(sliderule.init, DOMAIN, organization="outdated"))
