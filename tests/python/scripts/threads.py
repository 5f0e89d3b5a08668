"""Eight threads that all find the token half over. Up to 4.17 nothing keeps them from refreshing all at once."""

from concurrent.futures import ThreadPoolExecutor

import sliderule

from report import DOMAIN, tell, tokens, wait_until_half_of_the_tokens_life_is_over

THREADS = 8


def release(_):
    return sliderule.source("version")["server"]["version"]


ready = sliderule.init(DOMAIN, organization="acme")
held, answers = [tokens()], []
with ThreadPoolExecutor(THREADS) as threads:
    for _ in range(2):
        wait_until_half_of_the_tokens_life_is_over()
        answers.append(list(threads.map(release, range(THREADS))))
        held.append(tokens())
tell(ready=ready, held=held, answers=answers)
