"""`python -m tests.campaign.kills`: many kills, with their figures after every round."""

import sys

from tests.campaign.kills.rounds import many

if __name__ == "__main__":
    figures, are_enough = many()
    sys.exit(bool(figures.wrong) or not are_enough)
