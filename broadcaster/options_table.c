/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/options_table.h"

#include "broadcaster/guard/limits.h"
#include "shared/part.h"
#include "shared/text.h"

#define AT(member) offsetof(struct broadcaster_options, member)

static const struct option_row rows[] = {
    {.name = "name",
     .letter = 'n',
     .kind = OPTION_NAME,
     .arg = "NAME",
     .help = "the analyser's name",
     .offset = AT(name)},
    {.name = "group",
     .kind = OPTION_STRING,
     .arg = "GROUP",
     .help = "believe another user's analyser if it was started with this --group (default: our user's)",
     .offset = AT(group)},
    {.name = "port",
     .letter = 'p',
     .kind = OPTION_UINT,
     .arg = "PORT",
     .help = "TCP port; 0 picks a free one",
     .offset = AT(port),
     .max = UINT16_MAX},
    {.name = "bind",
     .kind = OPTION_LIST,
     .arg = "ADDR",
     .help = "address to listen on; may be repeated (default 127.0.0.1 and ::1)",
     .offset = AT(bind)},
    {.name = "osc",
     .kind = OPTION_LIST,
     .arg = "URL",
     .help = "send OSC there, or none; may be repeated (default " OSC_URL_DEFAULT ")",
     .offset = AT(osc)},
    {.name = "osc-metrics",
     .kind = OPTION_FLAG,
     .help = "send the metrics as well as the events",
     .offset = AT(osc_metrics)},
    {.name = "osc-listen",
     .kind = OPTION_UINT,
     .arg = "PORT",
     .help = "take OSC on this UDP port; 0 picks a free one; else on none",
     .offset = AT(osc_listen),
     .max = UINT16_MAX},
    {.name = "osc-bind",
     .kind = OPTION_LIST,
     .arg = "ADDR",
     .help = "address to take OSC on; may be repeated (default 127.0.0.1 and ::1)",
     .offset = AT(osc_bind)},
    {.name = "wled",
     .kind = OPTION_LIST,
     .arg = "ADDR",
     .help = "send WLED's audio sync there, ADDR[:PORT]; 239.0.0.1: to all on the network; may be repeated",
     .offset = AT(wled)},
    {.name = "mqtt",
     .kind = OPTION_STRING,
     .arg = "URL",
     .help = "publish to this MQTT broker, mqtt://[USER@]HOST[:PORT][/PREFIX][?...] or mqtts://",
     .offset = AT(mqtt)},
    {.name = "publish",
     .kind = OPTION_LIST,
     .arg = "URL",
     .help = "publish the streams to this edge (nginx with nchan), for large audiences; may be repeated",
     .offset = AT(publish)},
    {.name = "no-zeroconf",
     .kind = OPTION_FLAG,
     .help = "do not announce what other machines can reach (as Avahi does where it runs)",
     .offset = AT(no_zeroconf)},
    {.name = "discover",
     .kind = OPTION_FLAG,
     .help = "list the broadcasters and OSC receivers that are announced on the network, and exit",
     .offset = AT(discover)},
    {.name = "record",
     .kind = OPTION_STRING,
     .arg = "PATH",
     .help = "record the streams to this file (.gz: compressed); a folder: there, when the page or HTTP asks",
     .offset = AT(record)},
    {.name = "record-add",
     .kind = OPTION_PARTS,
     .arg = "PARTS",
     .help = "and these as well: " PARTS_LIST,
     .offset = AT(record_add)},
    {.name = "record-all-frames",
     .kind = OPTION_FLAG,
     .help = "each frame, not 30 a second",
     .offset = AT(record_all_frames)},
    {.name = "record-rotate",
     .kind = OPTION_STRING,
     .arg = "WHEN",
     .help = "go on in a new file at this size or time: 100M, 1h",
     .offset = AT(record_rotate)},
    {.name = "replay",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "play this recording instead of an analyser; - is standard input",
     .offset = AT(replay.path)},
    {.name = "loop",
     .kind = OPTION_FLAG,
     .help = "play it again and again (with --replay)",
     .offset = AT(replay.loops)},
    {.name = "speed",
     .kind = OPTION_DOUBLE,
     .arg = "X",
     .help = "play it so many times as fast (with --replay)",
     .offset = AT(replay.speed),
     .min = REPLAY_SPEED_MIN,
     .max = REPLAY_SPEED_MAX},
    {.name = "from",
     .kind = OPTION_DOUBLE,
     .arg = "T",
     .help = "begin at this second of it (with --replay)",
     .offset = AT(replay.from),
     .min = 0,
     .max = REPLAY_PLACE_MAX},
    {.name = "original-time",
     .kind = OPTION_FLAG,
     .help = "leave its timestamps as they were recorded (with --replay)",
     .offset = AT(replay.original_time)},
    {.name = "export",
     .kind = OPTION_STRING,
     .arg = "FORMAT",
     .help = "write it to standard output as mcap, for Foxglove, and exit (with --replay)",
     .offset = AT(export)},
    {.name = "token-file",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "ask clients for the token in FILE, which only its owner may read",
     .offset = AT(token_file)},
    {.name = "viewer-token-file",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "and let in who has the token in this FILE, to look and move nothing",
     .offset = AT(viewer_token_file)},
    {.name = "insecure-open",
     .kind = OPTION_FLAG,
     .help = "let other machines in without a token (with --bind)",
     .offset = AT(insecure_open)},
    {.name = "allow-origin",
     .kind = OPTION_LIST,
     .arg = "ORIGIN",
     .help = "let pages of http://HOST[:PORT] (or https://, or null: files) in; may be repeated (default: "
             "loopback's)",
     .offset = AT(allow_origin)},
    {.name = "tls-cert",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "serve https:// and wss:// with this certificate chain (PEM)",
     .offset = AT(tls_cert)},
    {.name = "tls-key",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "and this private key (PEM)",
     .offset = AT(tls_key)},
    {.name = "max-clients",
     .kind = OPTION_UINT,
     .arg = "N",
     .help = "streams open at a time",
     .offset = AT(max_clients),
     .min = 1,
     .max = LIMITS_CLIENTS_MAX},
    {.name = "max-per-address",
     .kind = OPTION_UINT,
     .arg = "N",
     .help = "streams to one address; else " TEXT_OF(
         LIMITS_ADDRESS_DEFAULT) ", and any number to this machine itself",
     .offset = AT(max_per_address),
     .min = 1,
     .max = LIMITS_CLIENTS_MAX},
    {.name = "user",
     .kind = OPTION_STRING,
     .arg = "NAME",
     .help = "started as root: become this user once the ports are open (default: who called sudo)",
     .offset = AT(user)},
    {.name = "verbose",
     .letter = 'v',
     .kind = OPTION_FLAG,
     .help = "log what OSC targets do and whatever else a normal start leaves out",
     .offset = AT(verbose)},
    {.name = "config", .kind = OPTION_STRING, .arg = "FILE", .help = CONFIG_HELP, .offset = AT(config_path)},
};

/* clang-format off: as it is printed */
static const char notes[] =
    "The first line on standard output is \"listening on http://ADDR:PORT\".\n\n"
    "An OSC target is osc.udp://HOST:PORT[/PREFIX][?CHOICE=VALUE[&CHOICE=VALUE]...], or osc.tcp://...:\n"
    "  events=0|1     events (default 1; 0 with a map)\n"
    "  metrics=0|1    metrics, one float an address (default 0; 1 with a map or --osc-metrics)\n"
    "  rate=HZ        bundles of metrics a second, 1 to " TEXT_OF(OSC_RATE_MAX) " (default " TEXT_OF(
        OSC_RATE_DEFAULT) ")\n"
                          "  map=NAME       touchdesigner, resolume, eos, grandma3, or a JSON file "
                          "(docs/osc.md)\n"
                          "  time=0|1       1: bundles carry the time instead of \"immediately\" (default "
                          "0)\n"
                          "  bundle=0|1     0: each metric as a message of its own (default 1; 0 with "
                          "grandma3)\n"
                          "or zeroconf:NAME[/PREFIX][?...], a service that --discover shows.\n"
                          "PREFIX is /phicast unless given.\n\n"
                          "An MQTT broker's URL may end with ?CHOICE=VALUE[&CHOICE=VALUE]... "
                          "(docs/mqtt.md):\n"
                          "  rate=HZ                   messages of metrics a second, 1 to " TEXT_OF(
                              MQTT_RATE_MAX) " (default " TEXT_OF(MQTT_RATE_DEFAULT) ")\n"
                                                                                     "  add=PARTS            "
                                                                                     "     and these as "
                                                                                     "well: " PARTS_LIST "\n"
                                                                                     "  password-file=FILE   "
                                                                                     "     USER's password, "
                                                                                     "in a file that only "
                                                                                     "its owner may read\n"
                                                                                     "  ca=FILE              "
                                                                                     "     the broker's CA "
                                                                                     "(mqtts; default: the "
                                                                                     "system's)\n"
                                                                                     "  "
                                                                                     "discovery="
                                                                                     "homeassistant   Home "
                                                                                     "Assistant finds it by "
                                                                                     "itself\n"
                                                                                     "Topics begin with "
                                                                                     "PREFIX/NAME; PREFIX "
                                                                                     "is " MQTT_PREFIX_DEFAULT
                                                                                     " unless given.\n\n"
                                                                                     "An edge is "
                                                                                     "ws://"
                                                                                     "[USER@]HOST[:PORT]/"
                                                                                     "PATH[?CHOICE=VALUE[&"
                                                                                     "CHOICE=VALUE]...], or "
                                                                                     "wss://..., with "
                                                                                     "{stream}\n"
                                                                                     "in PATH for the "
                                                                                     "channel's name "
                                                                                     "(docs/scale.md):\n"
                                                                                     "  rates=HZ,...     "
                                                                                     "also metrics-HZ, for "
                                                                                     "pages that ask for "
                                                                                     "fewer (or more) than "
                                                                                     "30\n"
                                                                                     "  add=PARTS        "
                                                                                     "also channels with "
                                                                                     "these "
                                                                                     "added: " PARTS_LIST "\n"
                                                                                     "  ca=FILE          "
                                                                                     "believe certificates "
                                                                                     "by these authorities "
                                                                                     "alone\n"
                                                                                     "  token-file=FILE  the "
                                                                                     "token to show there\n\n"
                                                                                     "Quote URLs: the shell "
                                                                                     "knows ? and & as well.";
/* clang-format on */

const struct option_table broadcaster_option_table = {
    .program = "phicast-broadcaster",
    .usage = "[options]",
    .about =
        "Serves what phicast-jack measures over WebSocket (/ws/metrics, /ws/latency, /ws/events) and\n"
        "HTTP, with a page at /, and over OSC and MQTT. Runs with or without an analyser, and finds one\n"
        "whenever it appears.",
    .notes = notes,
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

const struct broadcaster_options broadcaster_option_defaults = {
    .name = "phicast",
    .port = 8000,
    .osc_listen = OSC_LISTEN_OFF,
    .replay = {.speed = 1},
    .max_clients = LIMITS_CLIENTS_DEFAULT,
};
