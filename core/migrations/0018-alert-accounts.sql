-- depends: 0017-notifications
-- The notifier publishes alerts, boards hear them; a board's `stations` are the regions that it hears of.
alter table lantian.mqtt_account
    drop constraint mqtt_account_kind_check,
    add constraint mqtt_account_kind_check check (kind in ('device', 'platform', 'bridge', 'notifier', 'board'));
