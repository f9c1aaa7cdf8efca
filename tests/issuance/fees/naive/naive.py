"""The text of the contract a second time, as literally and slowly as it is written.

Nothing here comes from the package that is being tested: a policy is what `json.loads` gives, facts are a plain dict
with days as ISO strings. No speed, no types of its own, no reuse. Each rule of reckoning is a method, so that a test
can break one of them and see that the comparison notices.
"""

from __future__ import annotations

from tests.issuance.fees.naive.truth import NO, YES, Json, Truth


class Referred(Exception):
    """No version decides."""


class Naive(Truth):
    """One decision: `Naive(policies, facts, quotas).decide()`."""

    def __init__(self, policies: list[Json], facts: Json, quotas: Json) -> None:
        self.policies, self.facts, self.quotas = policies, facts, quotas
        self.day: str | None = None

    def decide(self) -> Json:
        """Lines, rules fired and not fired and quota uses; or only why an official must decide."""
        try:
            self.policy = self.version_that_decides()
            return self.reckon()
        except Referred as referred:
            return {"referred": str(referred)}

    # Which version decides.

    def version_that_decides(self) -> Json:
        about_it = [policy for policy in self.policies if self.facts["document_type"] in policy["document_types"]]
        if not about_it:
            raise Referred("no_policy_for_document_type")
        deciding = []
        for policy in about_it:
            day = self.deciding_day(policy)
            if day is not None and self.covers(policy["effective"], day):
                deciding.append(policy)
        if len(deciding) > 1:
            raise Referred("several_versions_apply")
        if deciding:
            return deciding[0]
        if any(self.could_still_be_received(policy) for policy in about_it):
            raise Referred("day_of_receipt_not_known")
        raise Referred("no_version_on_this_day")

    def deciding_day(self, policy: Json) -> str | None:
        day: str | None = self.facts["received_on" if policy["deciding_date"] == "received" else "submitted_on"]
        return day

    def could_still_be_received(self, policy: Json) -> bool:
        last: str | None = policy["effective"]["last_day"]
        return self.deciding_day(policy) is None and (last is None or self.facts["submitted_on"] <= last)

    def covers(self, days: Json, day: str) -> bool:
        """Both ends included; ISO days compare as texts."""
        after_the_end = days["last_day"] is not None and day > days["last_day"]
        return days["first_day"] <= day and not after_the_end

    # What is charged.

    def quantity(self, charge: Json) -> int:
        if charge["kind"] == "base":
            return 1
        if charge["kind"] == "postage":
            return 1 if self.facts["delivery"] == "post" else 0
        counted = self.facts["copies"] if charge["kind"] == "per_copy_above" else self.facts["pages"]
        if counted is None:
            raise Referred("pages_not_known")
        return len(range((charge.get("above") or 0) + 1, counted + 1))

    def reckon(self) -> Json:
        self.day = self.deciding_day(self.policy)
        self.charges: dict[str, Json] = {charge["id"]: charge for charge in self.policy["charges"]}
        quantities = {own_id: self.quantity(charge) for own_id, charge in self.charges.items()}
        gross = {own_id: quantities[own_id] * charge["amount_vnd"] for own_id, charge in self.charges.items()}
        self.remaining = dict(gross)
        self.reductions: dict[str, list[Json]] = {own_id: [] for own_id in self.charges}
        self.fired: list[Json] = []
        self.not_fired: list[Json] = []
        self.uses: list[Json] = []
        self.drawn: dict[str, int] = {}
        self.counted: dict[str, int] = {}
        for stage in self.stages():
            self.work(stage)
        return {
            "policy": [self.policy["id"], self.policy["version"]],
            "decided_for": self.day,
            "lines": [
                {
                    "charge": own_id,
                    "quantity": quantities[own_id],
                    "gross": gross[own_id],
                    "reductions": self.reductions[own_id],
                    "due": self.remaining[own_id],
                }
                for own_id in self.charges
            ],
            "fired": self.fired,
            "not_fired": self.not_fired,
            "quota_uses": self.in_the_documents_order(self.uses),
        }

    def in_the_documents_order(self, entries: list[Json]) -> list[Json]:
        order = [rule["id"] for stage in self.policy["stages"] for rule in stage["rules"]]
        return sorted(entries, key=lambda entry: order.index(entry["rule"]))

    # Stages.

    def stages(self) -> list[Json]:
        stages: list[Json] = self.policy["stages"]
        return stages

    def work(self, stage: Json) -> None:
        if stage["pick"] == "best_for_citizen":
            self.work_best(stage)
        elif stage["pick"] == "first_match":
            self.work_first(stage)
        else:
            self.work_stack(stage)

    def work_stack(self, stage: Json) -> None:
        for rule in stage["rules"]:
            found = self.left_of(rule)
            if not self.left_out(stage, rule, found):
                self.apply(rule, found)

    def work_first(self, stage: Json) -> None:
        found = {rule["id"]: self.left_of(rule) for rule in stage["rules"]}
        matched: str | None = None
        for rule in stage["rules"]:
            if self.left_out(stage, rule, found[rule["id"]]):
                continue
            if matched is None:
                matched = rule["id"]
                self.apply(rule, found[rule["id"]])
            else:
                self.not_fired.append(
                    {
                        "rule": rule["id"],
                        "stage": stage["id"],
                        "reason": "earlier_rule_matched",
                        "earlier_rule": matched,
                    }
                )
                self.note_use(rule, found[rule["id"]], 0)

    def work_best(self, stage: Json) -> None:
        found = {rule["id"]: self.left_of(rule) for rule in stage["rules"]}
        firing = [rule for rule in stage["rules"] if not self.left_out(stage, rule, found[rule["id"]])]
        if not firing:
            return
        worth = {rule["id"]: sum(taken for _, taken in self.takes(rule, found[rule["id"]])) for rule in firing}
        most = max(worth.values())
        best = self.among_equals([rule for rule in firing if worth[rule["id"]] == most])
        for rule in firing:
            if rule["id"] == best["id"]:
                self.apply(rule, found[rule["id"]])
            else:
                self.fired.append({"rule": rule["id"], "amount": 0, "outweighed_by": best["id"]})
                self.note_use(rule, found[rule["id"]], 0)

    def among_equals(self, rules: list[Json]) -> Json:
        return rules[0]

    def apply(self, rule: Json, found: int | None) -> None:
        taken_off = self.takes(rule, found)
        for charge, amount in taken_off:
            self.remaining[charge] -= amount
            if amount:
                budget = rule["funding"]["budget"] if rule.get("funding") else None
                self.reductions[charge].append(
                    {"rule": rule["id"], "kind": rule["kind"], "amount": amount, "budget": budget}
                )
        self.note_use(rule, found, self.draw_on_quota(rule, found, taken_off))
        total = sum(amount for _, amount in taken_off)
        self.fired.append({"rule": rule["id"], "amount": total, "outweighed_by": None})

    # Whether a rule fires.

    def left_out(self, stage: Json, rule: Json, found: int | None) -> bool:
        """Whether something is in the way of the rule: `dates`, `when`, `expr`, `evidence`, its quota. Notes what."""
        why: Json | None = None
        if rule.get("dates") and not self.covers(rule["dates"], self.day or ""):
            why = {"reason": "not_in_force"}
        elif (said := self.truth(rule["when"])) != YES:
            reason = "condition_failed" if said == NO else "fact_not_known"
            why = {"reason": reason, "failed": self.first_failing(rule["when"])}
        elif (said := self.truth_of_expression(rule.get("expr"))) != YES:
            why = {"reason": "condition_failed" if said == NO else "fact_not_known", "expr": rule["expr"]}
        elif rule.get("evidence") and not any(paper in self.facts["evidence"] for paper in rule["evidence"]):
            why = {"reason": "evidence_missing", "evidence": list(rule["evidence"])}
        elif self.quota_is_wide(rule) and found is None:
            why = {"reason": "quota_not_known"}
        elif self.quota_is_wide(rule) and found == 0:
            why = {"reason": "quota_used_up"}
            self.note_use(rule, 0, 0)
        if why is None:
            return False
        self.not_fired.append({"rule": rule["id"], "stage": stage["id"], **why})
        return True

    # What a rule takes off.

    def takes(self, rule: Json, found: int | None) -> list[tuple[str, int]]:
        """Each charge of its effects, in their order, with what it takes off there now."""
        quota, taken_off = rule.get("quota"), []
        amount_left = found if quota and quota["unit"] == "amount" else None
        for effect in rule["effects"]:
            reach = self.remaining[effect["charge"]]
            if quota and quota["unit"] == "copies":
                reach = min(reach, self.worth_of_copies(found or 0, effect["charge"]))
            taken = self.effect_on(effect, reach)
            if amount_left is not None:
                taken = min(taken, amount_left)
                amount_left -= taken
            taken_off.append((effect["charge"], taken))
        return taken_off

    def worth_of_copies(self, found: int, charge_id: str) -> int:
        """The price of the charged ones among the first copies; of a charge that isn't per copy, all that is left."""
        charge = self.charges[charge_id]
        if charge["kind"] != "per_copy_above":
            return int(self.remaining[charge_id])
        covered = range(1, min(found, self.facts["copies"]) + 1)
        return int(sum(charge["amount_vnd"] for copy in covered if copy > charge["above"]))

    def effect_on(self, effect: Json, amount: int) -> int:
        if effect.get("percent_off") is not None:
            return self.percentage(effect["percent_off"], amount)
        if effect.get("amount_off") is not None:
            return min(int(effect["amount_off"]), amount)
        return max(0, amount - int(effect["set_to"]))

    def percentage(self, percent: int, amount: int) -> int:
        whole, rest = divmod(amount * percent, 100)
        return whole + 1 if rest and self.policy["rounding"] == "in_favour_of_citizen" else whole

    # Quotas.

    def quota_name(self, rule: Json) -> str:
        name: str = rule["quota"].get("name") or rule["id"]
        return name

    def quota_is_wide(self, rule: Json) -> bool:
        return bool(rule.get("quota")) and rule["quota"]["scope"] != "request"

    def left_of(self, rule: Json) -> int | None:
        """What the rule finds of its quota; None where nobody knows, and for a rule without one."""
        quota = rule.get("quota")
        if not quota:
            return None
        name = self.quota_name(rule)
        if quota["scope"] == "request":
            return int(quota["max"])
        start: int | None
        if name in self.quotas["left"]:
            start = self.quotas["left"][name]
        else:
            start = quota["max"] if self.quotas["untouched"] else None
        return None if start is None else max(0, start - self.drawn.get(name, 0))

    def draw_on_quota(self, rule: Json, found: int | None, taken_off: list[tuple[str, int]]) -> int:
        """What the rule uses. Amounts add up; a copy, and the request, counts once for all rules of one quota."""
        quota = rule["quota"] if rule.get("quota") else {}
        if not self.quota_is_wide(rule):
            return 0
        name = self.quota_name(rule)
        total = sum(amount for _, amount in taken_off)
        if quota["unit"] == "amount":
            self.drawn[name] = self.drawn.get(name, 0) + total
            return int(total)
        if quota["unit"] == "requests":
            covered = 1 if total else 0
        else:
            per_copy = [amount for charge, amount in taken_off if self.charges[charge]["kind"] == "per_copy_above"]
            covered = min(found or 0, self.facts["copies"]) if sum(per_copy) else 0
        before = self.counted.get(name, 0)
        self.counted[name] = max(before, covered)
        return self.counted[name] - before

    def note_use(self, rule: Json, found: int | None, taken: int) -> None:
        if self.quota_is_wide(rule):
            self.uses.append({"rule": rule["id"], "name": self.quota_name(rule), "left": found, "taken": taken})
