"""A script that goes on for longer than its token: every call after half of the token's life refreshes first."""

import sliderule

from report import DOMAIN, tell, tokens, wait_until_half_of_the_tokens_life_is_over

REQUEST = {"resources": ["ATL03_20200304065203_10470607_003_01.h5"], "parms": {"track": 1}}


def rows():
    return sum(len(record["elevation"]) for record in sliderule.source("atl06p", REQUEST, stream=True))


ready = sliderule.init(DOMAIN, organization="acme")
held, streamed = [tokens()], [rows()]
for _ in range(2):
    wait_until_half_of_the_tokens_life_is_over()
    streamed.append(rows())
    held.append(tokens())
tell(ready=ready, held=held, streamed=streamed)
