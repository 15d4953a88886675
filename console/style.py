"""How the page looks: calm, one column on a phone, two on a desk; fonts of the reader's machine."""

CSS = """
body { background: #f3f5f7; color: #1c2733; line-height: 1.45;
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif; }
.nicegui-content { padding: 0; gap: 0; align-items: stretch; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 20px; padding: 10px 20px;
  background: #14344f; color: #fff; position: sticky; top: 0; z-index: 10; width: 100%; }
.bar .title { font-size: 20px; font-weight: 600; letter-spacing: 1px; }
.bar .part-head { display: flex; flex-wrap: wrap; gap: 2px 16px; flex: 1; font-size: 14px; color: #d5e2ec; }
.bar .state::before { content: "●"; color: #5fd38d; margin-right: 6px; }
.bar .state.old::before { color: #ff8a7a; }
.bar .switch { color: #fff; border: 1px solid #7d97ab; border-radius: 4px; padding: 2px 10px; text-decoration: none; }
.warning { background: #b00020; color: #fff; padding: 10px 20px; font-weight: 600; }
.desk { display: grid; grid-template-columns: minmax(0, 1fr) 360px; gap: 20px; padding: 16px 20px; width: 100%;
  max-width: 1500px; margin: 0 auto; }
.heading { font-size: 16px; font-weight: 600; margin: 4px 0 10px; }
aside .heading:not(:first-child) { margin-top: 22px; }
.counts { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px; margin-bottom: 10px; }
.count { background: var(--colour); color: #fff; border-radius: 6px; padding: 6px 12px; display: flex;
  justify-content: space-between; align-items: baseline; }
.count.none { background: #e3e8ec; color: #5b6b79; }
.count .number { font-size: 22px; font-weight: 600; }
.choices { display: flex; gap: 12px; margin-bottom: 10px; }
.choices > * { flex: 1; max-width: 240px; background: #fff; border-radius: 4px; padding: 0 10px; }
.alert { background: #fff; border-left: 6px solid var(--colour); border-radius: 6px; padding: 10px 14px 4px;
  margin-bottom: 10px; box-shadow: 0 1px 2px #0002; overflow-wrap: anywhere; }
.alert .first { display: flex; align-items: baseline; gap: 10px; }
.alert .severity { background: var(--colour); color: #fff; border-radius: 3px; padding: 0 8px; font-size: 13px;
  white-space: nowrap; }
.alert .what { font-size: 16px; font-weight: 600; flex: 1; }
.alert .number { color: #5b6b79; font-size: 13px; }
.alert .where { margin-top: 3px; }
.alert .facts { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 14px; margin: 3px 0;
  color: #44535f; font-size: 14px; }
.alert .measured { color: var(--colour); font-weight: 600; }
.mark { font-size: 13px; border: 1px solid #c3ccd4; border-radius: 10px; padding: 0 9px; color: #44535f; }
.mark.waits { border-color: #b00020; color: #b00020; font-weight: 600; }
.details { font-size: 14px; }
.details .q-item { padding: 0; min-height: 30px; color: #2f5f86; }
.details .q-item__section--main { flex: 1; white-space: nowrap; }
.details .nicegui-expansion-content { padding: 0 0 6px; }
.details .list { width: 100%; }
.details .pair { display: grid; grid-template-columns: 88px 1fr; gap: 8px; padding: 2px 0; }
.details .pair .name { color: #5b6b79; }
.details .text { white-space: pre-wrap; }
.empty { background: #fff; border-radius: 6px; padding: 18px; color: #5b6b79; text-align: center; }
.note { color: #5b6b79; font-size: 13px; margin-top: 8px; }
.city { display: flex; background: #fff; border-radius: 6px; overflow: hidden; margin-bottom: 8px;
  box-shadow: 0 1px 2px #0002; }
.city .aqi { background: var(--level); color: var(--ink); font-size: 24px; font-weight: 600; width: 76px;
  display: flex; align-items: center; justify-content: center; }
.city .about { padding: 6px 12px; flex: 1; min-width: 0; }
.city .first { display: flex; justify-content: space-between; gap: 8px; font-weight: 600; }
.city .hour { color: #5b6b79; font-size: 13px; }
.part-health { background: #fff; border-radius: 6px; padding: 4px 14px 10px; box-shadow: 0 1px 2px #0002; }
.part-health .empty { padding: 12px 0 4px; }
.part-health .group { color: #5b6b79; font-size: 13px; margin-top: 8px; }
.health-row { display: flex; justify-content: space-between; gap: 12px; font-size: 14px; }
.health-row .said::before { content: "●"; color: #2f9e5b; margin-right: 6px; }
.health-row.old .said::before { color: #9aa6b1; }
.health-row.ill .said { color: #b00020; font-weight: 600; }
.health-row.ill .said::before { color: #b00020; }
@media (max-width: 800px) {
  .desk { grid-template-columns: minmax(0, 1fr); padding: 12px; }
  .bar { padding: 8px 12px; }
  .bar .part-head { order: 3; flex-basis: 100%; font-size: 13px; }
  .bar .title { flex: 1; }
  .counts { gap: 6px; }
  .count { padding: 4px 8px; flex-direction: column; align-items: center; }
}
"""
