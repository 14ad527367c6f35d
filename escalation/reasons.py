"""The reasons of the planner: one code each, with its sentence for people."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a receivable or a customer moves, waits or is left out. Each code has its sentence for people."""

    def __new__(cls, code: str, sentence: str):
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        return member

    # It moves
    DUE = "due", "The next step is due"
    CALL_DUE = "call_due", "A phone call comes before the letter"
    # It waits, and the day is known
    NOT_DUE = "not_due", "The invoice is not due yet"
    WAITING = "waiting", "The day of the next step has not come yet"
    GAP = "gap", "It is too soon after the previous notice"
    QUIET = "quiet", "The customer received a notice a few days ago"
    CLOSED_DAY = "closed_day", "Nothing is sent on Sundays, public holidays and days of rest"
    CALL_PENDING = "call_pending", "The outcome of the phone call is awaited"
    CALL_ANSWERED = "call_answered", "The customer answered on the phone"
    PRESSURE = "pressure", "The consumer was contacted often enough in two weeks"
    # It waits for something to happen
    PENDING = "pending", "A notice is already on its way"
    FORMAL_RUNNING = "formal_running", "The deadline of a formal notice is running"
    OTHER_NOTICE = "other_notice", "Another notice goes first; this claim is listed in it"
    BANK_STALE = "bank_stale", "The bank transactions are not up to date"
    STOPPED = "stopped", "All dunning is stopped for this company"
    MANUAL_ONLY = "manual_only", "This customer is dunned by hand only"
    # Nothing more is planned
    NO_POLICY = "no_policy", "No dunning policy applies, or it has no step"
    LADDER_DONE = "ladder_done", "The last step was reached: a decision is needed"
    WINDOW_PASSED = "window_passed", "The latest day of the remaining steps has passed"
    BELOW_STEP = "below_step", "The amount is below the minimum of the remaining steps"
    BELOW_MINIMUM = "below_minimum", "The customer owes less than the minimum"
    BELOW_LINE_MINIMUM = "below_line_minimum", "The amount of the claim is below the minimum"
    CREDITED = "credited", "Open credits cover what is overdue"
    CREDIT_BLOCKS_FORMAL = "credit_blocks_formal", "Credits must be allocated before a formal notice"
    NEEDS_REMINDER = "needs_reminder", "A formal notice needs an earlier reminder that was sent"
    # Left out by what the books and documents say
    NO_FOLLOWUP = "no_followup", "Excluded from dunning by hand"
    GENERAL_JOURNAL = "general_journal", "Entry of a general journal, not yet included in dunning"
    IN_PAYMENT = "in_payment", "The invoice is being paid"
    BLOCKED = "blocked", "The invoice is blocked for payment"
    NOT_SENT = "not_sent", "The invoice was never sent to the customer"
    ASSIGNED = "assigned", "The claim was assigned and its assignee collects it"
    PLATFORM_REJECTED = "platform_rejected", "The invoice was rejected by the platform or by the customer"
    PLATFORM_DISPUTED = "platform_disputed", "The customer disputes the invoice on the platform"
    PLATFORM_SUSPENDED = "platform_suspended", "The invoice is suspended on the platform"
    PAYMENT_ANNOUNCED = "payment_announced", "The customer announced the payment"
    COLLECTION_EXPECTED = "collection_expected", "A direct debit or bill is expected to be collected"
    COLLECTION_FAILED = "collection_failed", "The collection failed"
    RETURNED_PAYMENT = "returned_payment", "Returned payment: link it to the invoices it re-opens"
    # Held by a person or an event
    PROMISE = "promise", "The customer promised to pay"
    DISPUTE = "dispute", "The claim is disputed"
    DISPUTE_LATE = "dispute_late", "A dispute should have been settled by now"
    DISPUTE_ANSWERED = "dispute_answered", "The objection was answered: the customer has time to pay"
    PLAN = "plan", "A payment plan is on track"
    HOLD = "hold", "Dunning is on hold"
    LITIGATION = "litigation", "The claim is in litigation: amicable dunning has ended"
    INSOLVENCY = "insolvency", "The customer is in insolvency proceedings"
    OVER_INDEBTEDNESS = "over_indebtedness", "The consumer is admitted to over-indebtedness proceedings"
    DEATH = "death", "The customer has died: a person decides"
    GUARDIANSHIP = "guardianship", "The customer is under guardianship: a person decides"
    VULNERABLE = "vulnerable", "The customer is a vulnerable person: a person decides"
    # The notice itself
    ERROR = "error", "The last attempt failed"
    UNCERTAIN = "uncertain", "It is not certain that the notice left: a person decides"
    RETURNED = "returned", "The notice came back"
    NOT_MADE = "not_made", "The phone call was not made or the letter was not posted in time"
    MISSING_EMAIL = "missing_email", "The customer has no e-mail address"
    MISSING_ADDRESS = "missing_address", "The postal address of the customer is not complete"
    WRONG_ADDRESS = "wrong_address", "Letters came back from the postal address: it must be corrected or confirmed"
    WRONG_EMAIL = "wrong_email", "E-mails came back from the address: it must be corrected or confirmed"
    STAND_IN_ADDRESS = "stand_in_address", "The guardian, notary or heir has no address of his own"
    PROMISE_BROKEN = "promise_broken", "The customer broke a promise to pay"
    PAYMENT_TO_ALLOCATE = "payment_to_allocate", "Payment to allocate: a promise may have been kept"
    TO_DECIDE = "to_decide", "A notice was prepared: a person decides whether it goes"
    PLAN_BROKEN = "plan_broken", "The payment plan was broken"
    FORMAL_EXPIRED = "formal_expired", "The deadline of the formal notice has passed: decide on the announced step"
    UNDECIDED = "undecided", "Nobody decided for weeks after the last step"
    CLAIM_UNDECLARED = "claim_undeclared", "The claim was not declared in the insolvency proceedings in time"
    OVER_COVER = "over_cover", "The customer owes more than is insured"
    LIMITATION_NEAR = "limitation_near", "An invoice will soon be time-barred: acknowledgement or court action"
    JOINT_UNREACHED = "joint_unreached", "No letter was made for a joint debtor: read why on the notice"


# Blockers of the whole company: they end without anything changing in the customer's ledger.
GLOBAL_REASONS = frozenset({Reason.STOPPED, Reason.BANK_STALE})

# The order of the codes above: what moves or waits is shown before what is left out.
IMPORTANCE = {reason: rank for rank, reason in enumerate(Reason)}
