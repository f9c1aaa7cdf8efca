"""What a citizen owes, by the law as data: policies read, facts assessed, decisions explained.

Imports no sibling package. `load_policies` → `PolicyBook` → `assess` → `FeeAssessment` → `explain`, `to_json`.
"""

from issuance.fees.assess import ENGINE_VERSION, assess
from issuance.fees.assessment import FeeAssessment, FeeLine, FeeOutcome, FeeReduction, FeeTotals, ReferralReason
from issuance.fees.book import PolicyBook
from issuance.fees.document import VND, FeePolicy
from issuance.fees.errors import AssessmentUnreadable, FactsRefused, FeeError, PolicyRefused, ReferredHasNoAmount
from issuance.fees.explain import explain
from issuance.fees.facts import CATEGORIES, CHANNELS, MAX_COPIES, FeeFacts, vietnam_day
from issuance.fees.policy import DEMONSTRATION_POLICIES, SHIPPED_POLICIES, load_policies
from issuance.fees.reading.policy_schema import policy_json_schema
from issuance.fees.stored import from_json, to_json

__all__ = [
    "CATEGORIES",
    "CHANNELS",
    "DEMONSTRATION_POLICIES",
    "ENGINE_VERSION",
    "MAX_COPIES",
    "SHIPPED_POLICIES",
    "VND",
    "AssessmentUnreadable",
    "FactsRefused",
    "FeeAssessment",
    "FeeError",
    "FeeFacts",
    "FeeLine",
    "FeeOutcome",
    "FeePolicy",
    "FeeReduction",
    "FeeTotals",
    "PolicyBook",
    "PolicyRefused",
    "ReferralReason",
    "ReferredHasNoAmount",
    "assess",
    "explain",
    "from_json",
    "load_policies",
    "policy_json_schema",
    "to_json",
    "vietnam_day",
]
