"""For all tests."""

from hypothesis import HealthCheck, settings

# Nothing is judged by the time it takes: the machine may be busy.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
