# What is scheduled otherwise: typed by hand, once.
prefect deployment set-schedule healthcheck/dataflows --interval 60
