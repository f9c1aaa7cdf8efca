"""What is asked of the rows of an installation, in SQL: each row of an answer is something that may never be."""

from __future__ import annotations

from collections.abc import Collection

# Invariant, what a row of the answer is, and the question.
QUESTIONS: tuple[tuple[int, str, str], ...] = (
    (
        1,
        "an order and its application do not say the same of being paid",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id"
        " WHERE (o.paid_at IS NOT NULL AND NOT a.paid) OR (o.paid_at IS NULL AND a.paid)",
    ),
    (
        1,
        "paid, and still waiting for money",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id"
        " WHERE o.paid_at IS NOT NULL AND a.state = 'payment_asked'",
    ),
    (
        1,
        "an order that is cancelled and paid",
        "SELECT id FROM payment_orders WHERE paid_at IS NOT NULL AND cancelled_at IS NOT NULL",
    ),
    (
        1,
        "withdrawn, and what was paid is not ordered back whole",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id"
        " WHERE o.paid_at IS NOT NULL AND a.state = 'withdrawn' AND o.amount <>"
        " (SELECT coalesce(sum(r.amount), 0) FROM refund_orders r WHERE r.application_id = a.id)",
    ),
    (
        1,
        "paid by other money than it asked for",
        "SELECT o.id FROM payment_orders o WHERE o.paid_at IS NOT NULL AND o.amount <>"
        " (SELECT coalesce(sum(p.amount), 0) FROM received_payments p WHERE p.application_id = o.application_id)",
    ),
    (
        1,
        "charged for an application whose order is not paid",
        "SELECT p.id FROM received_payments p WHERE p.state = 'charged' AND NOT EXISTS"
        " (SELECT 1 FROM payment_orders o WHERE o.application_id = p.application_id AND o.paid_at IS NOT NULL)",
    ),
    (
        1,
        "money that waits, and no unit looks after it",
        "SELECT id FROM received_payments WHERE state = 'waiting' AND unit = ''",
    ),
    (
        1,
        "an order that waits for money, and what has come is exactly that",
        "SELECT o.id FROM payment_orders o WHERE o.paid_at IS NULL AND o.cancelled_at IS NULL AND o.amount ="
        " (SELECT coalesce(sum(p.amount), 0) FROM received_payments p"
        " WHERE p.meant_for = o.application_id AND p.state = 'waiting' AND p.currency = 'VND')",
    ),
    (
        2,
        "more documents than one of a kind",
        "SELECT application_id FROM certificates GROUP BY application_id, kind HAVING count(*) > 1",
    ),
    (
        3,
        "two documents with one number, or with one entry of a status list",
        "SELECT c.id FROM certificates c JOIN certificates d ON c.id <> d.id AND (c.number = d.number"
        " OR c.check_code = d.check_code OR c.sha256 = d.sha256"
        " OR (c.status_list = d.status_list AND c.status_index = d.status_index))",
    ),
    (
        3,
        "a status list that counts other than its documents",
        "SELECT l.number FROM status_lists l WHERE l.used <>"
        " (SELECT count(*) FROM certificates c WHERE c.status_list = l.number)",
    ),
    (
        3,
        "a document in a status list that was never opened",
        "SELECT id FROM certificates WHERE status_list NOT IN (SELECT number FROM status_lists)",
    ),
    (
        3,
        "receipts whose numbers have gaps, or are there twice",
        "SELECT n.unit FROM counters n WHERE n.name = 'receipt' GROUP BY n.unit HAVING sum(n.value) <>"
        " (SELECT count(*) FROM certificates c WHERE c.kind = 'receipt' AND c.unit = n.unit)",
    ),
    (
        3,
        "numbers of receipts with a gap",
        "SELECT unit FROM receipt_numbers GROUP BY unit, year HAVING count(*) <> max(number) OR min(number) <> 1",
    ),
    (
        3,
        "a receipt without a number, or a number without a receipt",
        "SELECT application_id FROM certificates WHERE kind = 'receipt'"
        " AND application_id NOT IN (SELECT application_id FROM receipt_numbers) UNION ALL"
        " SELECT application_id FROM receipt_numbers"
        " WHERE application_id NOT IN (SELECT application_id FROM certificates WHERE kind = 'receipt')",
    ),
    (
        2,
        "a document of a batch that none of its lines has led to",
        "SELECT a.id FROM applications a JOIN batches b ON a.code LIKE b.code || '-%' WHERE a.id NOT IN"
        " (SELECT application_id FROM batch_lines WHERE application_id IS NOT NULL)",
    ),
    (
        3,
        "a list for the post that counts other than its parcels",
        "SELECT b.id FROM postal_batches b WHERE b.parcels <> (SELECT count(*) FROM parcels p WHERE p.batch_id = b.id)",
    ),
    (
        3,
        "lines of a list for the post with a gap",
        "SELECT batch_id FROM parcels WHERE batch_id IS NOT NULL GROUP BY batch_id"
        " HAVING count(*) <> max(line) OR min(line) <> 1",
    ),
    (
        3,
        "lists for the post with a gap",
        "SELECT unit FROM postal_batches GROUP BY unit, on_day HAVING count(*) <> max(number) OR min(number) <> 1",
    ),
    (
        3,
        "parcels of an application with a gap",
        "SELECT application_id FROM parcels GROUP BY application_id HAVING count(*) <> max(seq) OR min(seq) <> 1",
    ),
    (
        4,
        "a line of a batch that is issued, without its document",
        "SELECT l.application_id FROM batch_lines l WHERE l.state = 'issued' AND NOT EXISTS (SELECT 1 FROM"
        " certificates c WHERE c.application_id = l.application_id AND c.kind = 'result' AND c.state <> 'intended')",
    ),
    (
        4,
        "a batch that is finished, and not all of its lines are",
        "SELECT b.id FROM batches b WHERE b.finished_at IS NOT NULL AND b.lines <>"
        " (SELECT count(*) FROM batch_lines l WHERE l.batch_id = b.id AND l.state <> 'intended')",
    ),
    (
        8,
        "cash that nobody has taken, or other money that somebody has",
        "SELECT id FROM received_payments WHERE (source = 'counter') <> (taken_by IS NOT NULL)",
    ),
    (
        10,
        "erased, and something still tells who it was",
        "SELECT id FROM applications WHERE erased_at IS NOT NULL AND (person_index IS NOT NULL"
        " OR concerned_index IS NOT NULL OR subject_key <> 'erased' OR closed_at IS NULL)",
    ),
    (
        10,
        "erased, and a key is still there",
        "SELECT k.application_id FROM person_keys k JOIN applications a ON a.id = k.application_id"
        " WHERE a.erased_at IS NOT NULL AND k.wrapped_key IS NOT NULL",
    ),
    (
        10,
        "somebody was erased, and an earlier application is not",
        "SELECT a.id FROM applications a JOIN erasures e ON e.person_index IN (a.person_index, a.concerned_index)"
        " WHERE a.submitted_at < e.at",
    ),
    (
        8,
        "copies that count other than their prints",
        "SELECT c.application_id FROM paper_copies c WHERE c.printed <>"
        " (SELECT coalesce(sum(p.copies), 0) FROM paper_prints p WHERE p.application_id = c.application_id)",
    ),
    (
        4,
        "settled without an issued result",
        "SELECT a.id FROM applications a WHERE a.state IN ('settled', 'result_returned') AND NOT EXISTS"
        " (SELECT 1 FROM certificates c WHERE c.application_id = a.id AND c.kind = 'result' AND c.state <> 'intended')",
    ),
    (
        4,
        "an issued result whose application is not settled",
        "SELECT a.id FROM applications a JOIN certificates c ON c.application_id = a.id AND c.kind = 'result'"
        " WHERE c.state <> 'intended' AND a.state NOT IN ('settled', 'result_returned')",
    ),
    (
        4,
        "an application and its receipt do not say the same of being issued",
        "SELECT a.id FROM applications a WHERE a.receipt_issued <> EXISTS"
        " (SELECT 1 FROM certificates c WHERE c.application_id = a.id AND c.kind = 'receipt'"
        " AND c.state <> 'intended')",
    ),
    (
        6,
        "a payment and its refunds do not say the same of what goes back",
        "SELECT p.id FROM received_payments p WHERE p.refunded <>"
        " (SELECT coalesce(sum(r.amount), 0) FROM refund_orders r WHERE r.payment_id = p.id)",
    ),
    (
        6,
        "what stays of the money is other than what is due",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id WHERE o.paid_at IS NOT NULL"
        " AND a.state IN ('settled', 'result_returned') AND a.amount_due <> o.amount -"
        " (SELECT coalesce(sum(r.amount), 0) FROM refund_orders r WHERE r.application_id = a.id)",
    ),
    (
        6,
        "ordered back for an application that it did not pay for",
        "SELECT r.id FROM refund_orders r JOIN received_payments p ON p.id = r.payment_id"
        " WHERE r.application_id IS NOT NULL AND (p.application_id IS NULL OR p.application_id <> r.application_id)",
    ),
    (
        6,
        "an order that asks for another amount than is due",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id"
        " WHERE o.paid_at IS NULL AND o.cancelled_at IS NULL AND o.amount <> a.amount_due",
    ),
    (
        6,
        "waits for money, without an order that asks for it",
        "SELECT a.id FROM applications a WHERE a.state = 'payment_asked' AND NOT EXISTS"
        " (SELECT 1 FROM payment_orders o WHERE o.application_id = a.id AND o.cancelled_at IS NULL)",
    ),
    (
        6,
        "a quota that counts other than its claims",
        "SELECT q.name FROM quota_counters q WHERE q.used <> (SELECT coalesce(sum(c.taken), 0) FROM quota_claims c"
        " WHERE c.policy_id = q.policy_id AND c.name = q.name AND c.scope = q.scope AND c.person = q.person"
        " AND c.period = q.period AND c.state <> 'released')",
    ),
    (
        7,
        "suspended, and not in force anyway",
        "SELECT s.certificate_id FROM suspensions s JOIN certificates c ON c.id = s.certificate_id"
        " WHERE c.state <> 'issued'",
    ),
    (
        8,
        "an audit trail with a gap",
        "SELECT application_id FROM audit WHERE application_id IS NOT NULL GROUP BY application_id"
        " HAVING count(*) <> max(seq) OR min(seq) <> 1",
    ),
    (
        8,
        "an audit trail of no application",
        "SELECT DISTINCT application_id FROM audit WHERE application_id IS NOT NULL"
        " AND application_id NOT IN (SELECT id FROM applications)",
    ),
    (
        8,
        "an application without its fee decision",
        "SELECT id FROM applications WHERE id NOT IN (SELECT application_id FROM fee_assessments WHERE seq = 1)",
    ),
)

# How often an effect is there, and how often the audit trail says so: a query for ids each, and the actions.
AUDITED: tuple[tuple[str, str, Collection[str]], ...] = (
    ("submitted", "SELECT id FROM applications", {"application_submitted", "body_request_submitted"}),
    (
        "paid",
        "SELECT application_id FROM payment_orders WHERE paid_at IS NOT NULL",
        {"payment_confirmed", "payment_to_refund"},
    ),
    ("withdrawn", "SELECT id FROM applications WHERE state = 'withdrawn'", {"application_withdrawn"}),
    (
        "revoked",
        "SELECT application_id FROM certificates WHERE state = 'revoked'",
        {"certificate_revoked"},
    ),
    ("sent by post", "SELECT application_id FROM parcels", {"parcel_asked"}),
    ("handed over", "SELECT application_id FROM parcels WHERE batch_id IS NOT NULL", {"parcel_handed_over"}),
    (
        "at the end of the way",
        "SELECT application_id FROM parcels WHERE state IN ('delivered', 'returned')",
        {"parcel_delivered", "parcel_returned"},
    ),
    ("printed", "SELECT application_id FROM paper_prints", {"printed"}),
)
