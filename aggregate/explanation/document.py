"""An account as one JSON object, as docs/explain.md tells it. Pure."""

from __future__ import annotations

import math
from typing import Any

from aggregate.explanation import words
from aggregate.explanation.account import Account, Said
from aggregate.explanation.evidence import DustPeriod
from aggregate.explanation.inputs import NO_INPUT, Input, ReadingInput, WindowInput
from aggregate.explanation.rule import Rule
from aggregate.explanation.steps import IndexStep, IndexSteps
from aggregate.readings.show import STATES, review_shown
from aggregate.rebuild.change import Figure
from aggregate.statistic import Reason, Variant
from core.clock import MICROS, date_of
from ingest.period import format_period
from ingest.value import Flag

Value = dict[str, Any]

_FIGURE = ("value", "n_valid", "n_expected", "reason", "reason_zh", "edition")


def document(account: Account) -> Value:
    """The object; times are ISO 8601 of Asia/Shanghai, values unrounded, null where there is none."""
    evidence, asked, row = account.evidence, account.evidence.question, account.evidence.row
    station = evidence.station
    zh, en = words.factor_words(asked.factor)
    return {
        "object": asked.object,
        "name_zh": station.name_zh if station else asked.name,
        "kind": station.kind if station else "city",
        "city": station.city if station else asked.name,
        "window": asked.window,
        "start": words.iso(asked.start),
        "end": words.iso(asked.key.end),
        "factor": asked.factor,
        "factor_zh": zh,
        "factor_en": en,
        "unit": account.unit,
        **_variant(asked.variant),
        "holds": _variant(row.key.variant),
        "figure": {
            **_figure(account.figure),
            "shown": None if account.rounded is None else words.shown(account.rounded, account.decimals),
            "decimals": account.decimals,
            "state": words.STATES[account.state][1],
            "version": row.version,
            "revision": row.revision,
            "changed_at": words.iso(row.changed_at),
            "due": None if row.due is None else words.iso(row.due),
        },
        "edition": {
            "id": account.edition.id,
            "name_zh": account.edition.name_zh,
            "name_en": account.edition.name_en,
            "documents": [part.model_dump() for part in account.edition.source.standards],
        },
        "rules": [_rule(rule) for rule in account.rules],
        "inputs": [_input(each) for each in account.inputs],
        "steps": _steps(account),
        "recomputed": None if account.recomputed is None else _figure(account.recomputed),
        "agrees": account.agrees,
        "readings_gone": evidence.gone,
        "closed_days": [date_of(day).isoformat() for day in evidence.closed],
        "others": [_said(each) for each in account.others],
        "revisions": [_said(each) for each in account.revisions],
        "reviews": [review_shown(review) for review in evidence.reviews],
        "sanddust_periods": [_dust(period) for period in evidence.dust],
        "sha256": account.sha256,
        "canonical": list(account.canonical),
    }


def _variant(variant: Variant) -> Value:
    return {"tier": variant.tier, "sanddust": variant.sanddust}


def _figure(figure: Figure) -> Value:
    return {
        "value": figure.value,
        "n_valid": figure.n_valid,
        "n_expected": figure.n_expected,
        "reason": Reason(figure.reason).name,
        "reason_zh": words.REASONS[Reason(figure.reason)][0],
        "edition": figure.edition,
    }


def _rule(rule: Rule) -> Value:
    return {"zh": rule.zh, "en": rule.en, "source": rule.source, "confidence": rule.confidence,
            "unconfirmed": rule.unconfirmed}  # fmt: skip


def _input(of: Input) -> Value:
    counted = {"counted": of.why.name == "COUNTED", "why": of.why.value, "why_zh": words.WHYS[of.why][0],
               "hashed": of.why not in NO_INPUT}  # fmt: skip
    return (_reading(of) if isinstance(of, ReadingInput) else _window(of)) | counted


def _reading(of: ReadingInput) -> Value:
    number, reading = of.row.number, of.reading
    return {
        "time": words.iso(of.slot.time),
        "period": format_period(of.slot.period),
        "factor": reading.factor,
        "value": None if math.isnan(reading.value) else reading.value,
        "flag": reading.flag,
        "flag_zh": Flag(reading.flag).zh,
        "source": number.source.name.lower(),
        "run": number.run,
        "seq": number.seq,
        "state": STATES[reading.state][0],
        "received": words.iso(of.row.received / MICROS),
    }


def _window(of: WindowInput) -> Value:
    return {
        "object": of.key.object,
        "window": of.key.window,
        "start": words.iso(of.key.start),
        "factor": of.factor,
        "state": None if of.state is None else words.STATES[of.state][1],
        "holds": None if of.holds is None else _variant(of.holds),
        **(_figure(of.figure) if of.figure else dict.fromkeys(_FIGURE)),
    }


def _said(said: Said) -> Value:
    return {
        **_variant(said.variant),
        "figure": None if said.figure is None else _figure(said.figure),
        "state": None if said.state is None else words.STATES[said.state][1],
        "version": said.version,
        "revision": said.revision,
        "changed_at": words.iso(said.changed_at),
    }


def _dust(period: DustPeriod) -> Value:
    return {
        "id": period.id,
        "city": period.city,
        "start": words.iso(period.start),
        "end": words.iso(period.end),
        "basis": period.basis,
        "imported_by": period.imported_by,
        "imported_at": words.iso(period.imported_at),
        "withdrawn_by": period.withdrawn_by,
        "withdrawn_at": None if period.withdrawn_at is None else words.iso(period.withdrawn_at),
    }


def _steps(account: Account) -> Value:
    """The way from inputs to figure, by what it is; empty for a mean."""
    steps = account.steps
    found: Value = {}
    if steps.index:
        found["index"] = _index(steps.index)
    if steps.eight_hours:
        found["eight_hours"] = [
            {"end": words.iso(each.end), "mean": each.mean, "n_valid": each.n_valid, "largest": each.largest}
            for each in steps.eight_hours
        ]
    if place := steps.percentile:
        found["percentile"] = {"p": float(place.share), "n": place.n, "k": float(place.k), "lower": place.lower,
                               "upper": place.upper}  # fmt: skip
    if steps.singles:
        found["single_indices"] = [
            {"factor": each.factor, "of": each.counted, "concentration": each.concentration,
             "decimals": each.decimals, "rounded": each.rounded, "limit": each.limit, "single": each.single,
             "weight": each.weight}
            for each in steps.singles
        ]  # fmt: skip
    return found


def _index(index: IndexSteps) -> Value:
    found: Value = {"iaqi": [_indicator(step) for step in index.steps]}
    if index.whole:
        found |= {
            "largest": index.largest,
            "aqi": index.aqi,
            "reason": index.reason.name,
            "primary": list(index.primary),
            "level": index.level.model_dump() if index.level else None,
        }
    return found


def _indicator(step: IndexStep) -> Value:
    return {
        "factor": step.factor,
        "concentration": step.concentration,
        "decimals": step.decimals,
        "rounded": step.rounded,
        "breakpoints": step.between,
        "iaqi_at_breakpoints": step.indices,
        "interpolated": None if step.interpolated is None else float(step.interpolated),
        "above_last_breakpoint": step.above,
        "iaqi": step.iaqi,
    }
