"""The model's faults, put in one by one: each breaks exactly the sentence that it quotes.

A mutant's name says what it does instead, its profile which machine must find it out. `docs/state-model.md` is the
table of them; a test keeps the two alike.
"""

from __future__ import annotations

from enum import Enum, unique


class Profile(Enum):
    """Where a fault is looked for: one uniform machine misses the rare orders."""

    DELIVERY = "delivery"
    REVISION = "revision"
    ZOMBIES = "zombies"
    ALERTS = "alerts"
    RETENTION = "retention"


D, R, Z = Profile.DELIVERY, Profile.REVISION, Profile.ZOMBIES
E, A = Profile.ALERTS, Profile.RETENTION

PASSES_ON = "it passes on the bytes with the topic's station, receipt time, source (by the topic:"
IN_TABLE = (
    "Any other report stands whole in the table of the rejected, with the topic's station, source, and run and seq"
)
ROW_KEY = "key (station, period, time, source, run, seq)"
REVISION = "Its revision is (rank of source, run, seq): a person before all"
ONE_BY_ONE = "Decided reading by reading, not report by report"
COMPARES = "locks its partition's row and compares **offset and epoch** with what its memory stands on"
FORGETS = "If they differ, or the outcome of a commit is unknown, the worker forgets everything in memory"
REPLAYED = (
    "its seq numbers each station's selected rows 1, 2, 3 … in file order, whatever `--shuffle` or `--duplicate` do"
)
CLOSED_DAY = "In a closed day a known number is an identical repeat"
CONDENSES = "condenses per (station, source, run) the numbers received, those of rejected reports too"


@unique
class Mutant(Enum):
    """Name: what the model does wrong; value: the sentence that it breaks and the profile that must show it."""

    # Delivery
    RUN_KEPT_WITHOUT_COUNTER = D, "a device that has lost its counter takes as `run` the Unix time of its start"
    BYTES_CHANGE = D, "its bytes never change but for `origin`"
    FORGETS_ON_PUBACK = D, "It keeps every report until the centre says that this very number is durable"
    HEEDS_EVERY_SOURCE = D, "a sender heeds only its own source"
    BRIDGE_REFUSES = D, "Refuses nothing and judges nothing"
    SOURCE_BY_PAYLOAD = D, PASSES_ON
    STATUS_NOT_PASSED_ON = D, "It passes `…/status` on as an entry of its own"
    STATUS_LAST_KEPT = D, "the worker keeps the greatest number told, by station, source and run"
    ACKS_BEFORE_KAFKA = D, "When Kafka has acknowledged, it acknowledges to the broker."
    SAYS_DURABLE_WHEN_TAKEN = D, "it publishes the numbers *it* made durable since"
    ACKS_UP_TO_N = D, "Ranges, never “up to n”: another bridge may hold what lies between."
    UNREADABLE_UNSAID = D, "What has no readable number is acknowledged by the SHA-256 of its payload"
    OVERSIZE_NOT_PASSED_ON = D, "What is too large for a record is passed on as its hash, size and beginning."
    RECORD_REJECTED = D, "An entry that it cannot store it rejects alone, not its record."
    TOPIC_NOT_COMPARED = D, "**Every parsed report of a known station that is the topic's"
    REJECTED_BY_PAYLOADS_STATION = D, IN_TABLE
    REJECTED_WITHOUT_NUMBER = D, IN_TABLE + " where they can be read"
    REJECTED_UNTOLD = D, "Rejected reports and factors go, with reason and bytes, to a table and through the outbox"
    DUE_ONLY_SEEN = D, "numbers due (1 … highest seen or told in `status`, per run)"
    IN_FLIGHT_FORGOTTEN = D, "In flight = what Kafka holds after the partition's offset."
    LOST_BUT_KEPT = D, "less its payloads kept without a readable number"
    NUMBERS_SUMMED = D, "numbers are joined, never summed"
    REPLAY_AS_DEVICE = D, "A replay has its own source"
    REPLAY_NUMBERED_AS_SENT = D, REPLAYED
    REPLAY_RUN_BY_ATTEMPT = D, "its run is a hash of file and selection"

    # Report and reading
    REGISTRY_OF_NOW = R, "The worker judges, by the registry of the report's time"
    RECEIPT_OF_NOW = R, "and the receipt time in the entry, so a second reading of the log judges alike"
    INTAKE_AFTER_JUDGING = R, "reports and readings taken, counted before judging, and identical repeats"
    NO_ROW_WITHOUT_FACTORS = R, "has exactly one row**, even if empty or all its factors are rejected"
    FACTOR_REJECTS_REPORT = R, "layout = the factors accepted"
    PERIOD_NOT_IN_KEY = R, ROW_KEY
    ISSUED_NOT_IN_KEY = R, "A `forecast` has `issued` in the key of its row and of its readings."
    NOT_ALIGNED = R, "time is aligned down to the grid of the period"
    PERIOD_NOT_FILLED_IN = R, "(a station's reporting period if it sends none)"
    RANK_IGNORED = R, REVISION
    RUN_IGNORED = R, "(rank of source, run, seq)"
    LAST_ARRIVAL_COUNTS = R, "higher revision becomes current"
    LOWER_DROPPED = R, "lower is kept as superseded"
    CORRECTION_WITHDRAWS = R, "A correction does not withdraw the factors that it leaves out."
    REJECTED_SUPERSEDES = R, "A rejected value is no reading: it supersedes nothing."
    NEW_BY_NUMBER = R, "“Known to be new” means: no row of that station, period and time."
    PERSON_SUPERSEDES_FOR_ALL = (
        R,
        "a mask that says of each value: current, superseded, or superseded by a person alone",
    )
    FLAG_NOT_COMPARED = R, "Same revision, value and flag as one current, superseded or rejected"
    REPEATS_UNCOUNTED = R, "identical repeat, counted"
    REPEAT_JUDGED_AGAIN = R, "not judged again, nothing changes"
    CONFLICT_LAST_STANDS = R, "rejected (`CONFLICT`), the first in Kafka's order stands"
    REPEAT_BY_NUMBER = R, "Repeats are recognised reading by reading, never by the number alone"
    RETRY_IS_REPEAT = R, "(original bytes, source and number) is judged again"
    RETRY_HAS_ITS_OWN_ROW = R, "a factor accepted then extends its own row"
    TWICE_LAST_STANDS = R, "A factor named twice in a report (an alias): all its values rejected."
    ORIGIN_OF_LAST_COPY = R, "travel with the report (the row keeps the first copy's)"

    # Statistic
    ORDER_OF_ARRIVAL = R, "Function of what its window is made of, in order of time"
    EDITION_OF_NOW = R, "its edition and its rule: an hour of readings"
    RAW_WITH_PERSONS = R, "`raw`: the readings that are current when persons' revisions are left out"
    REVIEWED_ALWAYS = R, "with them, a row of its own only where the two differ"
    COMPLETE_WAITS_FOR_END = R, "the last expected value is in, or"
    NO_GRACE = R, "end + grace (a setting by kind) has passed"
    NEVER_OVERDUE = R, "or end + grace (a setting by kind) has passed"
    FLAGGED_AWAY_DELETED = R, "readings all flagged away give a count of 0, not a deletion"
    FINAL_BEFORE_LATENESS = R, "the allowed lateness (a setting by kind) has gone by since its end"
    FINAL_IN_SPITE_OF_CHANGE = R, "has gone by since its end and since its last change"
    FINAL_FROZEN = R, "a later change of what is compared makes a numbered revision"
    FORMER_NOT_KEPT = R, "makes a numbered revision, the former is kept"
    VERSION_KEPT = R, "Every write raises its version"
    CHANGES_UNPUBLISHED = R, "every statement about it carries the version"

    # One writer
    NOTHING_COMPARED = Z, COMPARES
    EPOCH_NOT_COMPARED = Z, "compares **offset and epoch**"
    CLOCK_DOES_NOT_COMPARE = Z, "Every transaction of a worker, also one that the clock caused"
    EPOCH_KEPT_ON_GAIN = Z, "who gains a partition raises the epoch"
    EPOCH_KEPT_ON_DOUBT = Z, FORGETS + ", reads the row, seeks."
    UNKNOWN_MEANS_DONE = Z, FORGETS
    UNKNOWN_MEANS_UNDONE = Z, "or the outcome of a commit is unknown"
    RECOMPUTE_KEEPS_EPOCH = Z, "`recompute` locks the same rows in short steps and raises the epoch"
    OFFSET_APART = Z, "the outbox, the offsets, and one `intake` row"
    OUTBOX_APART = Z, "final or revised, the outbox, the offsets"
    STATISTICS_APART = Z, "the statistics that it made provisional, final or revised"
    INTAKE_APART = Z, "and one `intake` row with arrays by station, source and day of the report's time"
    REJECTED_APART = Z, "One transaction holds a batch's reports, what was rejected"
    OPEN_HAS_NO_ROW = Z, "its row is made, without a value, in the transaction of its first reading"
    GAIN_SKIPS_OVERDUE = Z, "**writes** those that are due or differ, whatever the clock says by now"
    JUMPS_TO_THE_END = Z, "stops the worker with an error that `doctor` explains; never a jump"

    # Outbox and alert engine
    RELAY_OUT_OF_ORDER = E, "The outbox is relayed to Kafka in the order written"
    RELAY_MARKS_FIRST = E, "in the order written, at least once"
    ENGINE_TAKES_OLD_VERSIONS = E, "A statement whose version is not above the last one judged is ignored."
    ENGINE_DOES_NOT_COMPARE = E, "As the worker: offset and epoch compared"
    ENGINE_CLOCK_DOES_NOT_COMPARE = E, "in one transaction, also for what falls due by the clock"
    ENGINE_LOG_APART = E, "rule states, alerts, their log and the outbox in one transaction"
    HISTORY_PAGES = E, "only `live` may page anyone"

    # Retention
    CLOSED_BEFORE_FINAL = A, "once its hour, 8-h, 24-h and day windows are final, is closed"
    CLOSED_FROM_MEMORY = A, "the worker looks up closed days after it has taken the lock"
    CLOSED_TAKEN = A, "at a time neither future nor closed, has exactly one row**"
    CLOSED_REPEAT_REJECTED = A, CLOSED_DAY
    CLOSED_NOT_RECEIVED = A, "a new one is received and its readings rejected (`CLOSED`)"
    CLOSED_REBUILT = A, "its statistics stand, and principle 3 holds for days not closed"
    LOOKED_UP_BY_RECEIPT = A, "Look-ups use the report's own day"
    REJECTED_NOT_CONDENSED = A, CONDENSES
    CONDENSED_AS_SPAN = A, CONDENSES + ", into an `int8multirange`"
    COUNTS_NOT_KEPT = A, "its counts of current, superseded, repeats and rejected"
    INTAKE_DROPPED = A, "keeps the day's `intake`"
    DROPPED_BEFORE_CLOSED = A, "A chunk is dropped when all station-days in it are closed."
    LONGER_FROM_READINGS = A, "which stand even when their readings are closed"

    def __init__(self, profile: Profile, sentence: str) -> None:
        self.profile = profile
        self.sentence = sentence
