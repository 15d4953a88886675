"""What the page says, in both languages; words of handling are those of `lantian alerts`."""

from __future__ import annotations

from alerts.severity import Severity
from console.language import Both

TITLE = Both("蓝天 值班台", "Lantian console")
CLOCKS_APART = Both(
    "数据时间停在 {data}，值班台时钟为 {own}，相差 {apart}：或久无数据，或值班台启动时未带数据时钟"
    "（LANTIAN_CLOCK_EPOCH、LANTIAN_CLOCK_STARTED、LANTIAN_CLOCK_SPEED）",
    "Data stands at {data} and the console's clock at {own}, they are {apart} apart: either nothing has come for long,"
    " or the console was started without the data's clock"
    " (LANTIAN_CLOCK_EPOCH, LANTIAN_CLOCK_STARTED, LANTIAN_CLOCK_SPEED)",
)
DATA_TIME = Both("数据时间 {at}（北京时间）", "data time {at} (Asia/Shanghai)")
LIVE = Both("实时 · {age} 秒前更新", "live · updated {age} s ago")
OLD = Both("数据已 {age} 秒未更新", "not updated for {age} s")
NOTHING_YET = Both("尚未读到数据，报警情况不明", "nothing has been read yet: whether there are alerts is not known")
AWAY = Both(
    "数据库不通，以下为 {age} 秒前的情况，期间的新报警不会显示",
    "The database does not answer; this is how things stood {age} s ago, newer alerts are not here",
)
AWAY_UNKNOWN = Both("数据库不通，报警情况不明", "The database does not answer; whether there are alerts is not known")
REMEDY = Both("运行 lantian doctor 查明原因", "run `lantian doctor` to find out why")
SWITCH = Both("English", "中文")
OPEN_ALERTS = Both("未解除报警", "Open alerts")
NO_ALERTS = Both("没有未解除的报警", "No open alerts")
NONE_OF_THESE = Both("没有符合筛选条件的报警", "No open alerts of this city or severity")
MORE = Both("另有 {n} 条未列出，请用筛选缩小范围", "{n} more are not listed; narrow the choice above")
UNREAD = Both("仅读取最严重的 {n} 条，共 {all} 条", "only the gravest {n} of {all} are read")
ANSWERED_FOR = Both("另有 {n} 条数据已解除、待人工销号", "{n} more are cleared by data and wait to be closed")
ALL_CITIES = Both("全部城市", "all cities")
ALL_SEVERITIES = Both("全部级别", "all severities")
CITY = Both("城市", "City")
SEVERITY = Both("级别", "Severity")
MEASURED = Both("实测 {value}　限值 {threshold}", "measured {value}, threshold {threshold}")
SINCE = Both("自 {at}", "since {at}")
DETAILS = Both("详情与法律依据", "Details and legal basis")
WHAT = Both("情况", "What")
TO_DO = Both("处置", "To do")
BASIS = Both("依据", "Legal basis")
CAMERA = Both("摄像头", "Camera")
NO_CAMERA = Both("未登记", "none registered")
HISTORY = Both("历史数据，不通知", "history, nobody is paged")
CITY_AIR = Both("城市空气质量（实时 AQI）", "City air quality (hourly AQI)")
NO_AIR = Both("最近 6 小时没有城市 AQI", "no city has an AQI of the last six hours")
PRIMARY = Both("首要污染物 {names}", "primary {names}")
NO_PRIMARY = Both("无首要污染物", "no primary pollutant")
HEALTH = Both("系统运行", "Pipeline health")
HEALTH_UNKNOWN = Both("运行状态尚不明", "how the pipeline stands is not known yet")
HEALTH_OLD = Both(
    "运行状态已 {age}未更新，以下为当时的情况", "not looked at for {age}: this is how the pipeline stood then"
)
HEALTH_FAILED = Both("未能查看运行状态，原因见值班台日志", "the pipeline could not be looked at: see the console's log")
SERVERS = Both("服务", "Servers")
PROCESSES = Both("进程", "Processes")
NO_PROCESSES = Both("没有进程登记端口", "no process has told its port")
CONSUMERS = Both("处理进度", "Consumers")
STORED = Both("数据", "Data")
ANSWERS = Both("正常", "answers")
SILENT = Both("无响应", "does not answer")
READY = Both("就绪", "ready")
WAITS = Both("等待 {names}", "waits for {names}")
BEHIND = Both("落后 {n} 条", "{n} records behind")
AT_END = Both("已跟上", "up to date")
STILL = Both("落后 {n} 条，{s} 秒未前进", "{n} records behind, still for {s} s")
UNKNOWN = Both("不明", "not known")
OUTBOX = Both("待发消息", "messages to be told")
OVERDUE = Both("逾期窗口", "overdue windows")
NEWEST = Both("最新报文", "newest report")
AGO = Both("{s}前", "{s} ago")
NO_REPORT = Both("近日无报文", "none of the last days")
LEDGER = Both("账目核对", "ledger")
BALANCED = Both("平", "balanced")
UNBALANCED = Both("不平，运行 lantian ledger", "not balanced, run `lantian ledger`")
READ_ONLY = Both("只读。办理报警请用 lantian alerts。", "Read only. `lantian alerts` handles alerts.")

SEVERITIES = {severity: Both(severity.chinese, severity.value) for severity in Severity}
SEVERITY_COLOURS = {
    Severity.CRITICAL: "#b00020",
    Severity.SEVERE: "#d9480f",
    Severity.WARNING: "#b58100",
    Severity.INFO: "#2f6f9f",
}
"""Each has a contrast of 3:1 at least with the white words on it."""

LEVELS = (
    Both("优", "excellent"),
    Both("良", "good"),
    Both("轻度污染", "lightly polluted"),
    Both("中度污染", "moderately polluted"),
    Both("重度污染", "heavily polluted"),
    Both("严重污染", "severely polluted"),
)
"""Of levels 1 … 6, HJ 633 table of AQI levels."""
NO_LEVEL = Both("级别不明", "level not known")
NO_LEVEL_COLOUR = "#C3CCD4"
LEVEL_COLOURS = ("#00E400", "#FFFF00", "#FF7E00", "#FF0000", "#99004C", "#7E0023")
"""The official colours of HJ 633, of levels 1 … 6."""
DARK_LEVEL = 4
"""From this level on the colour is so dark that words on it are white."""

POLLUTANTS = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "co": "CO", "o3": "O3"}
"""As the views name them, and as persons do."""

UNITS = ((Both("天", "d"), 86_400), (Both("小时", "h"), 3600), (Both("分钟", "min"), 60))
SECONDS = Both("秒", "s")
