# SPDX-License-Identifier: GPL-3.0-or-later
"""What Home Assistant takes as MQTT discovery: a validator of our own, made from the published documentation (home-assistant.io:
integrations mqtt, sensor.mqtt, number.mqtt, switch.mqtt, button.mqtt, sensor's classes). There is no published schema apart
from its source. Only keys that are documented pass."""

import json
import re

TOPIC = re.compile(r"homeassistant/(sensor|number|switch|button)/([a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config")
TEMPLATE = re.compile(r"\{\{ value_json\.([a-z_]+)( \| lower)? \}\}")


def is_text(value):
    return isinstance(value, str) and value != ""


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_state_topic(value):
    return is_text(value) and not set(value) & set("#+\0")


def is_texts(value):
    return isinstance(value, list) and value and all(map(is_text, value))


def one_of(*values):
    return lambda value: value in values


DEVICE = {"identifiers": is_texts, "name": is_text, "manufacturer": is_text, "model": is_text, "sw_version": is_text,
          "hw_version": is_text, "configuration_url": is_text, "serial_number": is_text, "suggested_area": is_text}
ORIGIN = {"name": is_text, "sw_version": is_text, "support_url": is_text}


def is_object(fields, *needed):
    def check(value):
        return (isinstance(value, dict) and set(needed) <= value.keys() <= fields.keys()
                and all(fields[key](value[key]) for key in value))
    return check


COMMON = {"name": is_text, "unique_id": is_text, "availability_topic": is_state_topic, "payload_available": is_text,
          "payload_not_available": is_text, "device": is_object(DEVICE, "identifiers"), "origin": is_object(ORIGIN, "name"),
          "entity_category": one_of("config", "diagnostic"), "icon": is_text, "qos": one_of(0, 1, 2),
          "enabled_by_default": lambda value: isinstance(value, bool), "encoding": is_text, "default_entity_id": is_text}
STATE = {"state_topic": is_state_topic, "value_template": is_text}
COMMAND = {"command_topic": is_state_topic, "command_template": is_text, "retain": lambda value: isinstance(value, bool)}
FIELDS = {
    "sensor": {**COMMON, **STATE, "device_class": one_of("enum", "frequency"),  # of those that there are, what we may say
               "state_class": one_of("measurement", "total", "total_increasing"), "unit_of_measurement": is_text,
               "expire_after": is_count, "force_update": lambda value: isinstance(value, bool),
               "suggested_display_precision": is_count, "options": is_texts, "last_reset_value_template": is_text},
    "number": {**COMMON, **STATE, **COMMAND, "min": is_number, "max": is_number, "step": is_number,
               "mode": one_of("auto", "box", "slider"), "unit_of_measurement": is_text, "device_class": is_text,
               "optimistic": lambda value: isinstance(value, bool), "payload_reset": is_text},
    "switch": {**COMMON, **STATE, **COMMAND, "payload_on": is_text, "payload_off": is_text, "state_on": is_text,
               "state_off": is_text, "device_class": one_of("outlet", "switch"),
               "optimistic": lambda value: isinstance(value, bool)},
    "button": {**COMMON, **COMMAND, "payload_press": is_text, "device_class": one_of("identify", "restart", "update")},
}
NEEDED = {"sensor": {"state_topic"}, "number": {"command_topic"}, "switch": {"command_topic"}, "button": {"command_topic"}}
UNITS = {"frequency": {"Hz", "kHz", "MHz", "GHz"}}


def faults(topic, payload):
    """What is wrong with a discovery message."""
    match = TOPIC.fullmatch(topic)
    if not match:
        yield "the topic"
        return
    kind, config = match.group(1), json.loads(payload)
    for key, value in config.items():
        if key not in FIELDS[kind]:
            yield f"{key}: no key of a {kind}"
        elif not FIELDS[kind][key](value):
            yield f"{key}: {value!r}"
    for key in (NEEDED[kind] | {"unique_id", "device", "name", "availability_topic"}) - config.keys():  # unique_id wants device
        yield f"{key}: missing"
    if config.get("device_class") == "enum":
        if not config.get("options") or "state_class" in config or "unit_of_measurement" in config:
            yield "an enum has options, and neither state_class nor unit"
    elif "options" in config:
        yield "options: only an enum's"
    if config.get("device_class") in UNITS and config.get("unit_of_measurement") not in UNITS[config["device_class"]]:
        yield "unit_of_measurement: not the class's"
    if kind == "number" and not config.get("min", 1) < config.get("max", 100):
        yield "max: not above min"
    if kind == "number" and config.get("step", 1) < 0.001:
        yield "step: below 0.001"


def render(config, payload):
    """What an entity shows of a message to its state_topic; only templates of our own kind."""
    key, lower = TEMPLATE.fullmatch(config["value_template"]).groups()
    text = str(json.loads(payload)[key])
    return text.lower() if lower else text
