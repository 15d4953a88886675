"""Pipeline health, by what the processes tell Prometheus (docs/metrics.md)."""

from __future__ import annotations

from collections.abc import Mapping

from grafana_foundation_sdk.models.dashboard import Panel

from deploy.grafana.board import Board
from deploy.grafana.codes import REJECTED, SEVERITY, SOURCE
from deploy.grafana.looks import BAD, FAIR, GOOD, GRAVE, steps
from deploy.grafana.panels import Head, Look, lines, number
from deploy.grafana.sql import promql

_RATE = "[$__rate_interval]"


def _about(zh: str, en: str, *metrics: str) -> str:
    return f"{zh}\n\n{en}\n\n指标 Metrics: {', '.join(metrics)}"


def _now(title: str, zh: str, en: str, metric: str, expression: str, look: Look) -> Panel:
    return number(Head(title, _about(zh, en, metric), 4, 4), promql(expression, "", instant=True), look)


def _course(
    title: str, zh: str, en: str, unit: str, *queries: tuple[str, str, str], named: Mapping[str, str] | None = None
) -> Panel:
    """`queries`: metric, expression, legend. `named`: words for legends that hold a code."""
    return lines(
        Head(title, _about(zh, en, *(metric for metric, *_ in queries)), 12, 8),
        *(promql(expression, legend, chr(ord("A") + place)) for place, (_, expression, legend) in enumerate(queries)),
        unit=unit,
        named=named,
    )


def _per_second(metric: str, by: str) -> tuple[str, str, str]:
    legend = " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))
    return metric, f"sum by ({by}) (rate({metric}{_RATE}))", legend


def _share(metric: str, share: float, by: str = "") -> tuple[str, str, str]:
    """A quantile of a histogram over processes, by a label if one is named."""
    grouped = f"le, {by}" if by else "le"
    named = f"P{share * 100:.0f}" + (f" {{{{{by}}}}}" if by else "")
    return metric, f"histogram_quantile({share}, sum by ({grouped}) (rate({metric}_bucket{_RATE})))", named


_NOW = [
    _now(
        "停止的进程 Processes down",
        "登记了端口而抓取不到的进程数；一个进程也没有登记时为 1。",
        "Processes that told their port and cannot be scraped; 1 if none told any.",
        "up",
        'count(up{job="lantian"} == 0) or sum(absent(up{job="lantian"})) or vector(0)',
        Look(colours=steps(GOOD, (1.0, GRAVE))),
    ),
    _now(
        "未就绪 Not ready",
        "依赖不应答的进程数。",
        "Dependencies that do not answer, over processes.",
        "lantian_ready",
        "count(lantian_ready == 0) or vector(0)",
        Look(colours=steps(GOOD, (1.0, GRAVE))),
    ),
    _now(
        "积压 Lag",
        "Kafka 中位移之后的记录。",
        "Records that Kafka holds after the offsets.",
        "lantian_stream_lag_records",
        "sum(lantian_stream_lag_records)",
        Look(colours=steps(GOOD, (1000.0, FAIR), (100_000.0, GRAVE))),
    ),
    _now(
        "待发 Outbox",
        "等待写入 Kafka 的消息。",
        "Messages that wait to be told to Kafka.",
        "lantian_outbox_messages",
        "max(lantian_outbox_messages)",
        Look(colours=steps(GOOD, (1000.0, FAIR))),
    ),
    _now(
        "静默站点 Silent stations",
        "曾上报而现在静默的站点。",
        "Stations heard once and silent now.",
        "lantian_stations_silent",
        "sum(max by (kind) (lantian_stations_silent))",
        Look(colours=steps(GOOD, (1.0, BAD))),
    ),
    _now(
        "规则包有误 Rules refused",
        "1：规则文件有误，沿用旧规则。",
        "1 while rule packs have a fault and the former hold.",
        "lantian_alerts_rules_refused",
        "max(lantian_alerts_rules_refused)",
        Look(colours=steps(GOOD, (1.0, GRAVE))),
    ),
]

_COURSE = [
    _course(
        "运行的进程 Processes up",
        "抓取得到的进程数，按类；线降为 0 即该类已停。",
        "Processes that can be scraped, by kind; a line at 0 is a kind that is down.",
        "none",
        ("up", 'sum by (process) (up{job="lantian"})', "{{process}}"),
    ),
    _course(
        "入口 Intake",
        "桥接器每秒收下的条目。",
        "Entries that the bridge takes each second.",
        "cps",
        _per_second("lantian_bridge_entries_total", "kind, source"),
    ),
    _course(
        "落盘用时 Durable after",
        "从记录的第一条到 Kafka 确认。",
        "From a record's first entry to Kafka's acknowledgement.",
        "s",
        _share("lantian_bridge_durable_seconds", 0.5),
        _share("lantian_bridge_durable_seconds", 0.99),
    ),
    _course(
        "读数 Readings",
        "每秒处理的读数，按结果。",
        "Readings taken each second, by what became of them.",
        "cps",
        _per_second("lantian_readings_total", "outcome"),
    ),
    _course(
        "写入 Rows",
        "每秒写入的统计行，按窗口。",
        "Rows of statistics written each second, by window.",
        "cps",
        _per_second("lantian_statistics_written_total", "window"),
    ),
    _course(
        "事务用时 Transactions",
        "事务用时的九成五位数。",
        "A transaction's 95th percentile.",
        "s",
        _share("lantian_stream_transaction_seconds", 0.95, "consumer"),
    ),
    _course(
        "积压 Lag by consumer",
        "各消费者的积压。",
        "Records that wait, by consumer.",
        "none",
        ("lantian_stream_lag_records", "sum by (consumer) (lantian_stream_lag_records)", "{{consumer}}"),
    ),
    _course(
        "在途 In flight",
        "已收下而未落盘的条目与上限。",
        "Taken and not yet durable, and the bound.",
        "none",
        ("lantian_bridge_in_flight_entries", "sum(lantian_bridge_in_flight_entries)", "在途 In flight"),
        ("lantian_bridge_in_flight_limit_entries", "sum(lantian_bridge_in_flight_limit_entries)", "上限 Bound"),
    ),
    _course(
        "报告延迟 Delay of reports",
        "从收到到提交，及从周期结束到收到。",
        "From receipt to commit, from a period's end to receipt.",
        "s",
        _share("lantian_report_commit_delay_seconds", 0.95),
        (
            "lantian_report_receipt_delay_seconds",
            f"histogram_quantile(0.95, sum by (le) (rate(lantian_report_receipt_delay_seconds_bucket{_RATE})))",
            "P95 收到 receipt",
        ),
    ),
    _course(
        "报警用时 Delay of alerts",
        "从窗口结束到报警写入，数据时间。",
        "From a window's end to the alert's commit, data time.",
        "s",
        _share("lantian_alerts_opened_delay_seconds", 0.95, "severity"),
        named={f"P95 {severity}": f"P95 {said}" for severity, said in SEVERITY.items()},
    ),
    _course(
        "消息 Messages",
        "每秒发送的尝试，按目标与结果。",
        "Tries to send each second, by target and outcome.",
        "cps",
        _per_second("lantian_notify_tries_total", "target, outcome"),
    ),
    _course(
        "被拒 Refused",
        "每秒整份拒收的报告，按原因。",
        "Reports refused as a whole each second, by reason.",
        "cps",
        _per_second("lantian_rejected_reports_total", "reason"),
        named=REJECTED,
    ),
    _course(
        "台账 Ledger",
        "缺号、对不上、重复。",
        "Numbers missing, readings unaccounted for, readings doubled.",
        "none",
        ("lantian_ledger_missing", "max by (source) (lantian_ledger_missing)", "缺号 missing {{source}}"),
        ("lantian_ledger_unaccounted", "max by (source) (lantian_ledger_unaccounted)", "对不上 unaccounted {{source}}"),
        ("lantian_ledger_doubled", "max by (source) (lantian_ledger_doubled)", "重复 doubled {{source}}"),
        named={
            f"{what} {source}": f"{what} {said}"
            for what in ("缺号 missing", "对不上 unaccounted", "重复 doubled")
            for source, said in SOURCE.items()
        },
    ),
]

BOARD = Board(
    "lantian-pipeline-health",
    "系统健康 Pipeline health",
    "各进程是否在跑、跟得上、写得快。Whether the processes run, keep up, and write fast.",
    "now-3h",
    [],
    [*_NOW, *_COURSE],
)
