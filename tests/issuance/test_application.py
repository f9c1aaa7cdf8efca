"""The ten public states and the legal moves: what is not in the table is refused, and the answer names what is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.application import ENDED, LEGAL_MOVES, ApplicationState
from issuance.errors import IllegalMove
from tests.storage.people import NOW, an_application

APPLICATION = an_application()
STATES = st.sampled_from(ApplicationState)


def test_the_numbers_are_those_of_the_national_list() -> None:
    assert [state.number for state in ApplicationState] == list(range(1, 11))
    assert ApplicationState.PAYMENT_ASKED.number == 6
    assert ApplicationState.RESULT_RETURNED.number == 10


def test_every_state_stands_in_the_table() -> None:
    assert set(LEGAL_MOVES) == set(ApplicationState)
    reachable = {ApplicationState.NEWLY_REGISTERED}.union(*LEGAL_MOVES.values())
    assert reachable == set(ApplicationState)


@given(current=STATES, wanted=STATES)
def test_only_moves_of_the_table_are_made(current: ApplicationState, wanted: ApplicationState) -> None:
    application = replace(APPLICATION, state=current)
    if wanted in LEGAL_MOVES[current]:
        moved = application.moved_to(wanted, NOW)
        assert moved.state is wanted
        assert (moved.closed_at is not None) == (wanted in ENDED)
        assert moved.is_paused == (wanted in (ApplicationState.PAYMENT_ASKED, ApplicationState.MORE_PAPERS_ASKED))
    else:
        with pytest.raises(IllegalMove) as refused:
            application.moved_to(wanted, NOW)
        assert refused.value.legal == tuple(sorted(LEGAL_MOVES[current]))


@given(st.lists(STATES, max_size=12))
def test_an_ended_application_stays_ended(wanted: list[ApplicationState]) -> None:
    ended = {state for state, legal in LEGAL_MOVES.items() if not legal}
    application, has_ended = APPLICATION, False
    for state in wanted:
        try:
            application = application.moved_to(state, NOW)
        except IllegalMove:
            continue
        assert not has_ended
        has_ended = application.state in ended


def test_the_person_does_not_print() -> None:
    assert APPLICATION.applicant.full_name not in repr(APPLICATION.applicant)
    assert APPLICATION.applicant.personal_id not in repr(APPLICATION)
