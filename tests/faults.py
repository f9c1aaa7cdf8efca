"""What somebody with every right on the database may do to an installation, and what is found then."""

from __future__ import annotations

PARCEL = (
    "INSERT INTO parcels (id, application_id, seq, number, copies, address, state, asked_at, changed_at, version)"
    " SELECT 'p', id, {}, 'n', 1, '{{}}', 'asked', changed_at, changed_at, 0 FROM applications LIMIT 1"
)
ERASED = "(SELECT id FROM applications WHERE erased_at IS NOT NULL)"
FORGOTTEN = "DELETE FROM audit WHERE action = '{}'"
# What is found, and what is done so that it is.
FAULTS: tuple[tuple[str, str], ...] = (
    (
        "1: an order and its application do not say the same of being paid",
        "UPDATE applications SET paid = 0 WHERE paid",
    ),
    (
        "1: paid, and still waiting for money",
        "UPDATE applications SET state = 'payment_asked' WHERE paid AND state = 'received'",
    ),
    (
        "1: an order that is cancelled and paid",
        "UPDATE payment_orders SET cancelled_at = paid_at WHERE paid_at IS NOT NULL",
    ),
    ("1: withdrawn, and what was paid is not ordered back whole", "DELETE FROM refund_orders"),
    (
        "1: paid by other money than it asked for",
        "UPDATE payment_orders SET amount = amount + 1 WHERE paid_at IS NOT NULL",
    ),
    (
        "1: charged for an application whose order is not paid",
        "UPDATE payment_orders SET paid_at = NULL, provider_reference = NULL",
    ),
    (
        "1: money that waits, and no unit looks after it",
        "UPDATE received_payments SET unit = '' WHERE state = 'waiting'",
    ),
    (
        "1: an order that waits for money, and what has come is exactly that",
        "UPDATE received_payments SET (meant_for, amount) = (SELECT application_id, amount FROM payment_orders"
        " WHERE paid_at IS NULL) WHERE state = 'waiting'",
    ),
    ("1: the trail tells of money that is nowhere", "DELETE FROM received_payments WHERE state = 'waiting'"),
    ("2: issued, and issued 0 times by the trail", FORGOTTEN.format("certificate_issued")),
    ("2: more documents than one of a kind", "INSERT INTO certificates SELECT * FROM certificates LIMIT 1"),
    (
        "2: a document of a batch that none of its lines has led to",
        "UPDATE batch_lines SET application_id = NULL WHERE line = 1",
    ),
    (
        "3: two documents with one number, or with one entry of a status list",
        "UPDATE certificates SET number = (SELECT min(number) FROM certificates)",
    ),
    (
        "3: two documents with one number, or with one entry of a status list",
        "UPDATE certificates SET check_code = (SELECT min(check_code) FROM certificates)",
    ),
    (
        "3: two documents with one number, or with one entry of a status list",
        "UPDATE certificates SET sha256 = (SELECT min(sha256) FROM certificates)",
    ),
    (
        "3: two documents with one number, or with one entry of a status list",
        "UPDATE certificates SET status_index = (SELECT min(status_index) FROM certificates)",
    ),
    (
        "3: sealed with another number or entry than was intended",
        "UPDATE certificates SET status_index = (status_index + 1) % 1048576",
    ),
    ("3: a status list that counts other than its documents", "UPDATE status_lists SET used = used + 1"),
    ("3: a document in a status list that was never opened", "DELETE FROM status_lists"),
    (
        "3: receipts whose numbers have gaps, or are there twice",
        "UPDATE counters SET value = value + 1 WHERE name = 'receipt'",
    ),
    ("3: a receipt without a number, or a number without a receipt", "DELETE FROM receipt_numbers"),
    (
        "3: a receipt without a number, or a number without a receipt",
        "UPDATE certificates SET kind = 'result' WHERE kind = 'receipt'",
    ),
    ("3: numbers of receipts with a gap", "UPDATE receipt_numbers SET number = number + 1"),
    (
        "3: a list for the post that counts other than its parcels",
        "UPDATE postal_batches SET parcels = parcels + 1",
    ),
    ("3: a list for the post that counts other than its parcels", "UPDATE parcels SET batch_id = NULL, line = NULL"),
    ("3: lines of a list for the post with a gap", "UPDATE parcels SET line = line + 1"),
    ("3: lists for the post with a gap", "UPDATE postal_batches SET number = number + 1"),
    ("3: parcels of an application with a gap", PARCEL.format(2)),
    ("4: a line of a batch that is issued, without its document", "UPDATE batch_lines SET application_id = 'nobody'"),
    (
        "4: a batch that is finished, and not all of its lines are",
        "UPDATE batch_lines SET state = 'intended' WHERE line = 1",
    ),
    ("4: a batch that is finished, and not all of its lines are", "DELETE FROM batch_lines WHERE line = 1"),
    ("4: settled without an issued result", "UPDATE applications SET state = 'settled' WHERE state = 'received'"),
    (
        "4: an issued result whose application is not settled",
        "UPDATE applications SET state = 'in_progress' WHERE state = 'settled'",
    ),
    (
        "4: an application and its receipt do not say the same of being issued",
        "UPDATE applications SET receipt_issued = NOT receipt_issued",
    ),
    ("4: issued, and its file is another one", "UPDATE certificates SET size_bytes = size_bytes + 1"),
    ("4: registered with another digest than the trail says", "UPDATE certificates SET sha256 = randomblob(32)"),
    ("5: intended 0 times", FORGOTTEN.format("certificate_intended")),
    (
        "6: a payment and its refunds do not say the same of what goes back",
        "UPDATE received_payments SET refunded = refunded + 1",
    ),
    (
        "6: what stays of the money is other than what is due",
        "UPDATE applications SET amount_due = amount_due + 1 WHERE paid AND state = 'settled'",
    ),
    (
        "6: what stays of the money is other than what is due",
        "UPDATE refund_orders SET amount = 1,"
        " application_id = (SELECT id FROM applications WHERE paid AND state = 'settled')",
    ),
    (
        "6: ordered back for an application that it did not pay for",
        "UPDATE refund_orders SET application_id = (SELECT id FROM applications WHERE state = 'payment_asked')",
    ),
    (" came, and ", "UPDATE received_payments SET amount = amount + 1 WHERE state = 'charged'"),
    (
        "6: an order that asks for another amount than is due",
        "UPDATE payment_orders SET amount = amount + 1 WHERE paid_at IS NULL",
    ),
    ("6: due is 1, and ", "UPDATE applications SET amount_due = 1 WHERE amount_due = 0"),
    ("6: waits for money, without an order that asks for it", "DELETE FROM payment_orders WHERE paid_at IS NULL"),
    (
        "6: a quota that counts other than its claims",
        "INSERT INTO quota_counters VALUES ('policy', 'name', 'budget_total', '', '2024', 1, 5)",
    ),
    ("7: revoked, and revoked 0 times by the trail", FORGOTTEN.format("certificate_revoked")),
    ("7: issued, and revoked 1 times by the trail", "UPDATE certificates SET state = 'issued' WHERE state = 'revoked'"),
    (
        "7: suspended, and not in force anyway",
        "INSERT INTO suspensions SELECT id, 'under_review', 'x', issued_at FROM certificates WHERE state = 'revoked'",
    ),
    ("7: suspended other than the trail says", "DELETE FROM suspensions"),
    ("7: suspended other than the trail says", FORGOTTEN.format("certificate_suspended")),
    ("8: submitted 1 times and audited 0 times", FORGOTTEN.format("application_submitted")),
    ("8: paid 1 times and audited 0 times", FORGOTTEN.format("payment_confirmed")),
    ("8: money came, and the trail does not tell of it", FORGOTTEN.format("payment_unmatched")),
    ("8: withdrawn 1 times and audited 0 times", FORGOTTEN.format("application_withdrawn")),
    ("8: revoked 1 times and audited 0 times", FORGOTTEN.format("certificate_revoked")),
    ("8: sent by post 1 times and audited 0 times", FORGOTTEN.format("parcel_asked")),
    ("8: sent by post 1 times and audited 0 times", PARCEL.format(1)),
    ("8: handed over 1 times and audited 0 times", FORGOTTEN.format("parcel_handed_over")),
    ("8: at the end of the way 1 times and audited 0 times", FORGOTTEN.format("parcel_delivered")),
    ("8: at the end of the way 0 times and audited 1 times", "UPDATE parcels SET state = 'handed_over'"),
    ("8: printed 1 times and audited 0 times", FORGOTTEN.format("printed")),
    ("8: copies that count other than their prints", "UPDATE paper_copies SET printed = printed - 1 WHERE printed > 0"),
    ("8: copies that count other than their prints", "DELETE FROM paper_prints"),
    ("8: an application without its fee decision", "DELETE FROM fee_assessments"),
    (
        "8: cash that nobody has taken, or other money that somebody has",
        "UPDATE received_payments SET taken_by = 'x'",
    ),
    (
        "8: a payment's notice is done 1 times and audited 0 times",
        "INSERT INTO payment_notices VALUES ('1', 'e', 'r', '2024-01-01', '2024-01-01', 'taken')",
    ),
    ("8: an audit trail with a gap", "DELETE FROM audit WHERE seq = 1"),
    ("8: an audit trail of no application", "DELETE FROM applications WHERE state = 'withdrawn'"),
    ("8: the trail tells of a receipt that is not there", "DELETE FROM certificates WHERE kind = 'receipt'"),
    ("8: erased other than the trail says", "UPDATE applications SET erased_at = changed_at"),
    ("8: somebody was erased other than the trail says", FORGOTTEN.format("person_erased")),
    ("8: somebody was erased other than the trail says", "DELETE FROM erasures"),
    ("10: erased, and something still tells who it was", "UPDATE applications SET erased_at = changed_at"),
    (
        "10: erased, and something still tells who it was",
        f"UPDATE applications SET subject_key = 'c-gone' WHERE id IN {ERASED}",
    ),
    (
        "10: erased, and a key is still there",
        f"UPDATE person_keys SET wrapped_key = randomblob(60), destroyed_at = NULL WHERE application_id IN {ERASED}",
    ),
    (
        "10: erased, and a key is still there",
        "INSERT INTO person_keys SELECT 'again', application_id, whose, randomblob(60), made_at, NULL FROM person_keys"
        f" WHERE application_id IN {ERASED}",
    ),
    (
        "10: somebody was erased, and an earlier application is not",
        "INSERT INTO erasures SELECT '1', person_index, '2999-01-01', 1 FROM applications"
        " WHERE person_index IS NOT NULL LIMIT 1",
    ),
)
