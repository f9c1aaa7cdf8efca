"""What an official may do with a case from its page: how each thing is asked for, read and done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from identity.citizen import VerifiedOfficial
from issuance.certificate import RevocationReason, SuspensionReason
from issuance.deadlines.sign_off import sign_off
from issuance.decide_fee import decide_fee
from issuance.fees.document import VND
from issuance.fees.facts import vietnam_day
from issuance.payments.cash import take_cash
from issuance.payments.order import MAX_AMOUNT
from issuance.revoke import revoke
from issuance.rules import Rules
from issuance.settlement.ask_papers import ask_papers
from issuance.settlement.ask_register_again import ask_register_again
from issuance.settlement.assign import assign
from issuance.settlement.resume import resume
from issuance.settlement.stop import stop
from issuance.settlement.take import take
from issuance.suspend import reinstate, suspend

from ...officials import MAX_FEE_VND
from ...reasons import Reasons
from ...services import Records
from ..texts import N_, translate
from .case_shown import CaseShown
from .reading import Reading

Decide = Callable[[Records, datetime], object]
MOST_LETTERS_OF_PAPERS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """In whose name which case is changed. reasons: the lists to choose from."""

    rules: Rules
    reasons: Reasons
    official: VerifiedOfficial
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing to do. title: of its page and its link; lead: what will come of it; button: what does it.

    fields: which the form has, by the names of the template's parts. reasons: the list that its reason comes from.
    prepare: reads the form; what it gives is done unless the reading has found problems. is_open: whether the page of
    the case offers it. restates: what the status lists tell changes with it. is_seldom: whether the page
    of the case folds it away.
    """

    title: str
    lead: str
    button: str
    done: str
    prepare: Callable[[Reading, Who], Decide]
    is_open: Callable[[CaseShown], bool]
    fields: tuple[str, ...] = ()
    reasons: str = ""
    restates: bool = False
    is_grave: bool = False
    is_seldom: bool = False


def offered_by(name: str) -> Callable[[CaseShown], bool]:
    """By a link of the turn."""
    return lambda case: name in case.view["turn"]["links"]


def _take(_: Reading, who: Who) -> Decide:
    return lambda records, at: take(records, who.rules, who.code, who.official, at)


def _give(reading: Reading, who: Who) -> Decide:
    missing = translate("Choose to whom.", reading.language)
    to = reading.text("official", 300, missing=missing)
    return lambda records, at: assign(records, who.rules, who.code, who.official, to, at)


def _papers(reading: Reading, who: Who) -> Decide:
    text, until = reading.reason(who.reasons["papers"], MOST_LETTERS_OF_PAPERS), reading.day("until")
    return lambda records, at: ask_papers(records, who.rules, who.code, who.official, text, until, at)


def _resume(_: Reading, who: Who) -> Decide:
    return lambda records, at: resume(records, who.rules, who.code, who.official, at)


def _registers(_: Reading, who: Who) -> Decide:
    return lambda records, at: ask_register_again(records, who.rules, who.code, who.official, at)


def _stop(reading: Reading, who: Who) -> Decide:
    reason = reading.reason(who.reasons["stop"])
    return lambda records, at: stop(records, who.rules, who.code, who.official, reason, at)


def _fee(reading: Reading, who: Who) -> Decide:
    due = VND(reading.amount("due", MAX_FEE_VND))
    basis = reading.text("basis", 1_000, missing=translate("Name the act that it rests on.", reading.language))
    reason = reading.text("fee_reason", 1_000, missing=translate("Say why it is so.", reading.language))
    return lambda records, at: decide_fee(
        records, who.rules, who.code, who.official, due=due, basis=basis, reason=reason, at=at
    )


def _cash(reading: Reading, who: Who) -> Decide:
    amount = VND(reading.amount("cash", MAX_AMOUNT))
    return lambda records, at: take_cash(records, who.rules, who.official, who.code, amount, at)


def _apology(reading: Reading, who: Who) -> Decide:
    reason, new_date = reading.reason(who.reasons["apology"]), reading.day("new_date")
    return lambda records, at: sign_off(records, who.rules, who.code, who.official, reason, new_date, at)


def _revoke(reading: Reading, who: Who) -> Decide:
    missing = translate("Choose a reason.", reading.language)
    chosen = reading.one_of("status_reason", [one.value for one in RevocationReason], missing=missing)
    return lambda records, at: revoke(records, who.code, who.official, RevocationReason(chosen), at)


def _suspend(reading: Reading, who: Who) -> Decide:
    missing = translate("Choose a reason.", reading.language)
    chosen = reading.one_of("status_reason", [one.value for one in SuspensionReason], missing=missing)
    return lambda records, at: suspend(records, who.code, who.official, SuspensionReason(chosen), at)


def _reinstate(_: Reading, who: Who) -> Decide:
    return lambda records, at: reinstate(records, who.code, who.official, at)


def _has_document(*statuses: str) -> Callable[[CaseShown], bool]:
    def is_there(case: CaseShown) -> bool:
        paper = case.view["application"]["document"]
        standing = (
            "revoked" if paper and "revoked" in paper else "suspended" if paper and "suspended" in paper else "valid"
        )
        return paper is not None and standing in statuses

    return is_there


def _fee_is_open(case: CaseShown) -> bool:
    application, turn = case.view["application"], case.view["turn"]
    is_referred = application["fee"]["outcome"] == "referred" and application["fee_decision"] is None
    return is_referred and application["decision"] is None and turn["not_possible"] is None and bool(turn["outcomes"])


def _apology_is_owed(case: CaseShown) -> bool:
    return case.is_heads and case.proposed_date is not None


def _is_unpaid(case: CaseShown) -> bool:
    return case.view["application"]["state"] == "payment_asked" and case.view["application"]["payment"] is not None


DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "take": Deed(
            title=N_("Take the case"),
            lead=N_("From now on it is yours."),
            button=N_("Take the case"),
            done=N_("The case is yours now."),
            prepare=_take,
            is_open=offered_by("ownership"),
        ),
        "give": Deed(
            title=N_("Give the case to somebody"),
            lead=N_("To an official of your unit who may act in the present step."),
            button=N_("Give the case"),
            done=N_("The case has been given."),
            prepare=_give,
            is_open=offered_by("assignment"),
            fields=("official",),
            is_seldom=True,
        ),
        "papers": Deed(
            title=N_("Ask for papers"),
            lead=N_("The citizen reads what you ask for. The clock stands still until the papers are there."),
            button=N_("Ask for the papers"),
            done=N_("The citizen has been asked; the clock stands still."),
            prepare=_papers,
            is_open=offered_by("papers_request"),
            fields=("reason", "until"),
            reasons="papers",
        ),
        "resume": Deed(
            title=N_("Go on without waiting"),
            lead=N_("The clock goes on, and the promised time moves by the pause."),
            button=N_("Go on"),
            done=N_("The clock goes on."),
            prepare=_resume,
            is_open=offered_by("resumption"),
        ),
        "registers": Deed(
            title=N_("Have the registers asked again"),
            lead=N_("Nothing can be approved until they have answered anew. What they said before stays on record."),
            button=N_("Ask again"),
            done=N_("The registers are asked again."),
            prepare=_registers,
            is_open=offered_by("register_questions"),
            is_seldom=True,
        ),
        "stop": Deed(
            title=N_("Stop the application"),
            lead=N_("It ends without a decision on its matter. The citizen reads the reason. This cannot be undone."),
            button=N_("Stop the application"),
            done=N_("The application is stopped."),
            prepare=_stop,
            is_open=offered_by("stop"),
            fields=("reason",),
            reasons="stop",
            is_grave=True,
            is_seldom=True,
        ),
        "fee": Deed(
            title=N_("Decide the fee"),
            lead=N_("No rule covers this request. What you decide counts, with the act that you name."),
            button=N_("Decide the fee"),
            done=N_("The fee is decided."),
            prepare=_fee,
            is_open=_fee_is_open,
            fields=("due", "basis", "fee_reason"),
        ),
        "cash": Deed(
            title=N_("Take cash"),
            lead=N_(
                "What the order asks for, or the rest of it, lies on the counter to the đồng. The application goes on, "
                "its receipt follows."
            ),
            button=N_("The money is taken"),
            done=N_("The payment is noted."),
            prepare=_cash,
            is_open=_is_unpaid,
            fields=("cash",),
        ),
        "apology": Deed(
            title=N_("Sign off the apology"),
            lead=N_("The citizen gets the letter with the reason and the new date. The application waits for nothing."),
            button=N_("Sign off"),
            done=N_("The apology is signed off; the letter is being sealed."),
            prepare=_apology,
            is_open=_apology_is_owed,
            fields=("reason", "new_date"),
            reasons="apology",
        ),
        "suspend": Deed(
            title=N_("Suspend the document"),
            lead=N_("Whoever checks it learns that it is out of force for now. The reason is public."),
            button=N_("Suspend"),
            done=N_("The document is suspended."),
            prepare=_suspend,
            is_open=_has_document("valid"),
            fields=("status_reason",),
            reasons="suspension",
            restates=True,
            is_seldom=True,
        ),
        "reinstate": Deed(
            title=N_("Let the document be in force again"),
            lead=N_("Whoever checks it learns that it is in force."),
            button=N_("Let it be in force"),
            done=N_("The document is in force again."),
            prepare=_reinstate,
            is_open=_has_document("suspended"),
            restates=True,
            is_seldom=True,
        ),
        "revoke": Deed(
            title=N_("Revoke the document"),
            lead=N_("For good: whoever checks it learns so, and the reason is public. This cannot be undone."),
            button=N_("Revoke for good"),
            done=N_("The document is revoked."),
            prepare=_revoke,
            is_open=_has_document("valid", "suspended"),
            fields=("status_reason",),
            reasons="revocation",
            restates=True,
            is_grave=True,
            is_seldom=True,
        ),
    }
)
"""By the word in the address."""


def suggested(at: datetime) -> Mapping[str, str]:
    """What stands in the fields of days at first."""
    return {"until": (vietnam_day(at) + timedelta(days=14)).isoformat()}
