"""From a monitor to Kafka: the report contract, the registry, the MQTT bridge, replay, the simulator.

In come reports over MQTT or from files; out go batches of entries on `lantian.reports.v1`.
Nothing is judged here: what cannot be understood is passed on and rejected by the worker.
"""
