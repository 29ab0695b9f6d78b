/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command lines of phicast-jack and phicast-render, and the configuration file. More than 400 lines
 * because all cases share one way of parsing each. */
#include "jack-client/options.h"
#include "jack-client/render/options.h"
#include "tests/unit/saved_options.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 96 };

/* A command line that getopt may reorder. */
struct line {
    int count;
    char *word[WORDS_MAX];
    char text[1024];
};

static struct line *split(struct line *line, const char *program, const char *words)
{
    *line = (struct line){0};
    snprintf(line->text, sizeof line->text, "%s %s", program, words);
    char *rest = line->text;
    char *word;
    while ((word = strsep(&rest, " ")) != NULL && line->count < WORDS_MAX - 1) {
        if (word[0] != '\0') {
            line->word[line->count++] = word;
        }
    }
    return line;
}

static struct jack_options jack;
static struct render_options render;
static char error[OPTION_ERROR_MAX];
static struct line words; /* the options' strings stand in it */

static enum options_result parse_jack(const char *text)
{
    split(&words, "phicast-jack", text);
    error[0] = '\0';
    return jack_options_parse(&jack, words.count, words.word, error);
}

static enum options_result parse_render(const char *text)
{
    split(&words, "phicast-render", text);
    error[0] = '\0';
    return render_options_parse(&render, words.count, words.word, error);
}

/* --- wrong ones --- */

/* Wrong for either program. Each message must name what is wrong. */
static const struct {
    const char *words;
    const char *named;
} wrong_analysis[] = {
    {"--hop 100", "--hop 100"},
    {"--hop 32", "--hop 32"},
    {"--hop 4096", "--hop 4096"}, /* longer than the default window */
    {"--window 256 --hop 512", "--hop 512"},
    {"--window 256", "--hop 512"}, /* the default hop does not fit */
    {"--window 1000", "--window 1000"},
    {"--window 128", "--window 128"},
    {"--window 32768", "--window 32768"},
    {"--window -2048", "--window -2048"},
    {"--window 2048.5", "--window 2048.5"},
    {"--window 2k", "--window 2k"},
    {"--window", "--window"},
    {"--gate-db 1", "--gate-db 1"},
    {"--gate-db -121", "--gate-db -121"},
    {"--gate-db nan", "--gate-db nan"},
    {"--gate-db inf", "--gate-db inf"},
    {"--gate-db loud", "--gate-db loud"},
    {"--tau-smooth-ms -1", "--tau-smooth-ms -1"},
    {"--tau-smooth-ms 60001", "--tau-smooth-ms 60001"},
    {"--tau-criticality-ms 0", "--tau-criticality-ms 0"},
    {"--tau-criticality-ms 600001", "--tau-criticality-ms 600001"},
    {"--no-such-thing", "--no-such-thing"},
    {"-z", "-z"},
};

static void wrong_values_are_refused_by_both(void)
{
    for (size_t i = 0; i < sizeof wrong_analysis / sizeof wrong_analysis[0]; i++) {
        char with_file[128];
        snprintf(with_file, sizeof with_file, "a.wav %s", wrong_analysis[i].words);
        CU_ASSERT_EQUAL(parse_jack(wrong_analysis[i].words), OPTIONS_ERROR);
        CU_ASSERT_PTR_NOT_NULL(strstr(error, wrong_analysis[i].named));
        jack_options_free(&jack);
        CU_ASSERT_EQUAL(parse_render(with_file), OPTIONS_ERROR);
        CU_ASSERT_PTR_NOT_NULL(strstr(error, wrong_analysis[i].named));
    }
}

static void wrong_values_are_refused_by_jack(void)
{
    static const char *const wrong[] = {"--channels 0",
                                        "--channels 65",
                                        "--channels abc",
                                        "--channels 1.5",
                                        "--channels -1",
                                        "-c 65",
                                        "-c",
                                        "-c 8x",
                                        "--channels",
                                        "--name",
                                        "--connect",
                                        "--server=",
                                        "--name=",
                                        "--group=",
                                        "--config=",
                                        "operand",
                                        "-c 2 take.wav",
                                        "-- -c",
                                        "--channels= 3",
                                        "-c 99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(parse_jack(wrong[i]), OPTIONS_ERROR);
        CU_ASSERT(strlen(error) > 10);
        jack_options_free(&jack);
    }
    CU_ASSERT_EQUAL(parse_jack("stray"), OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "stray"));
}

static void two_controllers_on_one_number_are_refused(void)
{
    CU_ASSERT_EQUAL(parse_jack("--midi-depth 7 --midi-rate 7"), OPTIONS_ERROR);
    CU_ASSERT_STRING_EQUAL(
        error, "--midi-rate 7: is the controller of --midi-depth as well; give either another number");
    CU_ASSERT_EQUAL(parse_jack("--midi-auto 64"), OPTIONS_ERROR); /* the default of another */
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "--midi-breathing"));
    CU_ASSERT_EQUAL(parse_jack("--midi-depth 2 --midi-phase 1"), OPTIONS_RUN);
    CU_ASSERT(jack.midi.depth == 2 && jack.midi.phase == 1);
}

static void a_name_that_takes_the_servers_socket_is_refused(void)
{
    static const char *const lines[] = {"-n live -s live", "-n a_b -s a/b", "-n default", "-s phicast"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        (void)unsetenv("JACK_DEFAULT_SERVER");
        CU_ASSERT_EQUAL(parse_jack(lines[i]), OPTIONS_ERROR);
        CU_ASSERT_PTR_NOT_NULL(strstr(error, "choose another with -n"));
    }
    CU_ASSERT_EQUAL(parse_jack("-n live -s live2"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(parse_jack("-n live2 -s live"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(parse_jack("-n default -s live"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(parse_jack("-n a_ -s a"), OPTIONS_RUN);
    (void)setenv("JACK_DEFAULT_SERVER", "phicast", 1);
    CU_ASSERT_EQUAL(parse_jack(""), OPTIONS_ERROR);
    CU_ASSERT_EQUAL(parse_jack("-n default"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(parse_jack("-s live"), OPTIONS_RUN);
    (void)unsetenv("JACK_DEFAULT_SERVER");
}

static void wrong_labels_are_refused(void)
{
    static const struct {
        const char *words;
        const char *says;
    } wrong[] = {
        {"--label Kick", "--label Kick: give N=NAME, with the channel's number N from 1 to 8 (--channels)"},
        {"--label =Kick", "--label =Kick: give N=NAME"},
        {"--label 1", "--label 1: give N=NAME"},
        {"--label 0=Kick", "--label 0=Kick: give N=NAME"},
        {"--label 9=Kick", "--label 9=Kick: give N=NAME, with the channel's number N from 1 to 8"},
        {"-c 2 --label 3=Kick", "from 1 to 2 (--channels)"},
        {"--label -1=Kick", "--label -1=Kick: give N=NAME"},
        {"--label 1x=Kick", "--label 1x=Kick: give N=NAME"},
        {"--label 18446744073709551617=Kick", "give N=NAME"},
        {"--label=", "--label: the value is empty"},
        {"--label 1=", "--label 1=: the name is empty; give one, or leave the label out"},
        {"--label 1=\xff", "--label 1=...: the name must be UTF-8 without control characters"},
        {"--label 1=a\tb", "--label 1=...: the name must be UTF-8 without control characters"},
        {"--label 1=a\xc2\x9b", "--label 1=...: the name must be UTF-8 without control characters"},
        {"--label 2=sixty-four-bytes,-one-more-than-a-channel's-name-may-have-------",
         "--label 2=...: the name is too long; give one of up to 63 bytes"},
        {"--label 1=Kick --label 2=Kick --label 1=Snare",
         "--label 1=Snare: channel 1 is \"Kick\" already; give each channel one label"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(parse_jack(wrong[i].words), OPTIONS_ERROR);
        if (!strstr(error, wrong[i].says)) {
            fprintf(stderr, "%s\nlacks %s\n", error, wrong[i].says);
            CU_FAIL("the message is another");
        }
    }
}

static void render_takes_one_file_and_no_jack_options(void)
{
    static const char *const wrong[] = {"",
                                        "--window 1024",
                                        "a.wav b.wav",
                                        "-c 2 a.wav",
                                        "--connect x a.wav",
                                        "--audio-out - a.wav",
                                        "--audio-out b a.wav",
                                        "--audio-out b.xyz a.wav",
                                        "--events b.wav --audio-out b.wav a.wav"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(parse_render(wrong[i]), OPTIONS_ERROR);
        CU_ASSERT(strlen(error) > 10);
    }
}

/* --- good ones --- */

static void the_defaults_are_the_documented_ones(void)
{
    CU_ASSERT_EQUAL(parse_jack(""), OPTIONS_RUN);
    CU_ASSERT_EQUAL(jack.engine.analysis.channels, 8);
    CU_ASSERT_EQUAL(jack.engine.analysis.window, 2048);
    CU_ASSERT_EQUAL(jack.engine.analysis.hop, 512);
    CU_ASSERT_EQUAL(jack.engine.analysis.gate_db, -60);
    CU_ASSERT_EQUAL(jack.engine.analysis.smooth_ms, 50);
    CU_ASSERT_EQUAL(jack.engine.analysis.criticality_ms, 500);
    CU_ASSERT_STRING_EQUAL(jack.name, "phicast");
    CU_ASSERT_PTR_NULL(jack.server);
    CU_ASSERT_PTR_NULL(jack.group);
    CU_ASSERT_PTR_NULL(jack.config);
    CU_ASSERT_EQUAL(jack.connect.count, 0);
    CU_ASSERT_EQUAL(jack.follow.count, 0);
    CU_ASSERT_EQUAL(parse_render("take.wav"), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(render.file, "take.wav");
    CU_ASSERT_EQUAL(render.engine.analysis.window, 2048);
    CU_ASSERT_EQUAL(render.engine.analysis.hop, 512);
}

static void every_option_reaches_its_member(void)
{
    CU_ASSERT_EQUAL(parse_jack("-n desk -s studio -c 64 --window 16384 --hop 16384 --gate-db -37.5 "
                               "--tau-smooth-ms 0"),
                    OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(jack.name, "desk");
    CU_ASSERT_STRING_EQUAL(jack.server, "studio");
    CU_ASSERT_EQUAL(jack.engine.analysis.channels, 64);
    CU_ASSERT_EQUAL(jack.engine.analysis.window, 16384);
    CU_ASSERT_EQUAL(jack.engine.analysis.hop, 16384);
    CU_ASSERT_EQUAL(jack.engine.analysis.gate_db, -37.5);
    CU_ASSERT_EQUAL(jack.engine.analysis.smooth_ms, 0);
    CU_ASSERT_EQUAL(parse_jack("--tau-criticality-ms 1 --group audio --connect a:* --connect b:? --follow c"),
                    OPTIONS_RUN);
    CU_ASSERT_EQUAL(jack.engine.analysis.criticality_ms, 1);
    CU_ASSERT_STRING_EQUAL(jack.group, "audio");
    CU_ASSERT_EQUAL_FATAL(jack.connect.count, 2);
    CU_ASSERT_STRING_EQUAL(jack.connect.item[0], "a:*");
    CU_ASSERT_STRING_EQUAL(jack.connect.item[1], "b:?");
    CU_ASSERT_EQUAL_FATAL(jack.follow.count, 1);
    CU_ASSERT_STRING_EQUAL(jack.follow.item[0], "c");
    CU_ASSERT_EQUAL(parse_render("--window 256 take.wav --hop 64 --gate-db 0"), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(render.file, "take.wav");
    CU_ASSERT(render.engine.analysis.window == 256 && render.engine.analysis.hop == 64 &&
              render.engine.analysis.gate_db == 0);
    CU_ASSERT_PTR_NULL(render.audio_out);
    CU_ASSERT_EQUAL(parse_render("--audio-out b.flac take.wav"), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(render.audio_out, "b.flac");
    CU_ASSERT_PTR_NOT_NULL(render.audio_format);
}

static void labels_name_their_channels(void)
{
    CU_ASSERT_EQUAL(parse_jack("--label 8=K\xc3\xb6ln --label 1=Kick=1"), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(jack.labels.name[7], "K\xc3\xb6ln");
    CU_ASSERT_STRING_EQUAL(jack.labels.name[0], "Kick=1");
    CU_ASSERT_STRING_EQUAL(jack.labels.name[1], "");
    CU_ASSERT_EQUAL(
        parse_jack("-c 64 --label 64=sixty-three-bytes,-the-most-that-a-channel's-name-may-have-----"),
        OPTIONS_RUN);
    CU_ASSERT_EQUAL(strlen(jack.labels.name[63]), 63);
    CU_ASSERT_EQUAL(parse_jack(""), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(jack.labels.name[0], "");
}

static void voltages_are_asked_for(void)
{
    CU_ASSERT_EQUAL(parse_jack(""), OPTIONS_RUN);
    CU_ASSERT(!jack.cv && jack.cv_add == 0);
    CU_ASSERT_EQUAL(parse_jack("--cv"), OPTIONS_RUN);
    CU_ASSERT(jack.cv && jack.cv_add == 0 && jack.engine.always == 0);
    CU_ASSERT_EQUAL(parse_jack("--cv-add levels,bands --cv"), OPTIONS_RUN);
    CU_ASSERT(jack.cv && jack.cv_add == (PART_LEVELS | PART_BANDS));
    CU_ASSERT_EQUAL(parse_jack("--cv --cv-add onsets"), OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "cv_onset comes with --cv anyway"));
    CU_ASSERT_EQUAL(parse_jack("--cv --cv-add levels,onsets"), OPTIONS_ERROR);
    CU_ASSERT_EQUAL(parse_jack("--cv --cv-add loudness"), OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "--cv-add"));
    CU_ASSERT_EQUAL(parse_jack("--cv-add levels"), OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "--cv-add"));
}

static void midi_is_asked_for(void)
{
    CU_ASSERT_EQUAL(parse_jack(""), OPTIONS_RUN);
    CU_ASSERT(!jack.midi_out && jack.midi_out_map.channel == 16 && !jack.midi_out_map.fine);
    CU_ASSERT_EQUAL(
        parse_jack(
            "--midi-out --midi-out-channel 1 --midi-out-fine --midi-out-cc ici=30 --midi-out-note onset=36 "
            "-c 2 --midi-out-cc level/*/rms=110"),
        OPTIONS_RUN);
    CU_ASSERT(jack.midi_out && jack.midi_out_map.channel == 1 && jack.midi_out_map.fine);
    CU_ASSERT_EQUAL(jack.midi_out_map.count, 9 + 2);
    CU_ASSERT_EQUAL(jack.midi_out_map.note[MIDI_OUT_ONSET], 36);
    CU_ASSERT_EQUAL(jack.midi_out_map.parts, PART_LEVELS | PART_ONSETS);
    CU_ASSERT_EQUAL(jack.engine.always, 0);
    CU_ASSERT_EQUAL(parse_jack("--midi-out-channel 17"), OPTIONS_ERROR);
    CU_ASSERT_EQUAL(parse_jack("--midi-out-channel 0"), OPTIONS_ERROR);
    CU_ASSERT_EQUAL(parse_jack("-c 2 --midi-out-cc level/3/rms=7"), OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "there are 2 channels"));
    CU_ASSERT_EQUAL(parse_jack("--midi-out-cc ici=2"), OPTIONS_RUN); /* nothing goes out */
    CU_ASSERT_EQUAL(parse_jack("--midi-out --midi-out-cc ici=2"), OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "midi_in takes controller 2 as --midi-phase"));
    CU_ASSERT_EQUAL(parse_jack("--midi-out --midi-depth 20"), OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "give either another number"));
    CU_ASSERT_EQUAL(parse_jack("--midi-depth 20"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(parse_jack("--midi-out --midi-out-fine --midi-rate 52"), OPTIONS_ERROR);
}

/* As many as there are channels, in as few characters as it goes: JACK takes 1024. */
static void an_init_string_has_room_for_all_labels(void)
{
    char init[1024] = "-c 64";
    for (int i = 1; i <= CHANNELS_MAX; i++) {
        const size_t used = strlen(init);
        snprintf(init + used, sizeof init - used, " --la %d=%d", i, i);
    }
    CU_ASSERT_EQUAL(jack_options_parse_init(&jack, "client", init, error), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(jack.labels.name[0], "1");
    CU_ASSERT_STRING_EQUAL(jack.labels.name[63], "64");
    jack_options_free(&jack);
    strcpy(init, "--label '1=Kick drum'");
    CU_ASSERT_EQUAL(jack_options_parse_init(&jack, "client", init, error), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(jack.labels.name[0], "Kick drum");
    jack_options_free(&jack);
}

static void help_and_version_come_first(void)
{
    CU_ASSERT_EQUAL(parse_jack("--help"), OPTIONS_HELP);
    CU_ASSERT_EQUAL(parse_jack("-c 2 -h --no-such-thing"), OPTIONS_HELP);
    CU_ASSERT_EQUAL(parse_jack("-V"), OPTIONS_VERSION);
    CU_ASSERT_EQUAL(parse_render("--version"), OPTIONS_VERSION);
    CU_ASSERT_EQUAL(parse_render("-h"), OPTIONS_HELP);
}

/* The help names every option once. */
static void the_help_is_complete(void)
{
    static const char *const names[] = {"--name",   "--server", "--channels", "--connect",
                                        "--window", "--hop",    "--gate-db",  "--tau-criticality-ms",
                                        "--config", "--follow", "--version",  "--tau-smooth-ms",
                                        "--group",  "--help",   "--label"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    jack_options_help(out);
    fclose(out);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(text, names[i]));
    }
    free(text);
    out = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    render_options_help(out);
    fclose(out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "--window"));
    CU_ASSERT_PTR_NULL(strstr(text, "--channels"));
    free(text);
}

/* --- the configuration file --- */

static char path[] = "/tmp/phicast-options-XXXXXX";

/* Parses with --config over a file of that text, and more words behind. */
static enum options_result parse_with_file(const char *json, const char *more)
{
    char text[256];
    strcpy(path + sizeof path - 7, "XXXXXX");
    const int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, json, strlen(json)), (ssize_t)strlen(json));
    close(fd);
    snprintf(text, sizeof text, "--config %s %s", path, more);
    const enum options_result result = parse_jack(text);
    unlink(path);
    return result;
}

static void wrong_files_are_refused(void)
{
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "\"text\"",
        "{\"channels\": 0}",
        "{\"channels\": 65}",
        "{\"channels\": \"8\"}",
        "{\"hop\": 100}",
        "{\"hop\": 4096}", /* longer than the window */
        "{\"no-such-thing\": 1}",
        "{\"connect\": 5}",
        "{\"connect\": [5]}",
        "{\"name\": \"\"}",
        "{\"config\": \"other.json\"}",
        "{\"channels\": 8, \"channels\": 8}",
        "{\"midi-depth\": 7, \"midi-phase\": 7}",
        "{\"gate-db\": NaN}",
        "{\"channels\": 8} trailing",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(parse_with_file(wrong[i], ""), OPTIONS_ERROR);
        CU_ASSERT(strlen(error) > 10);
        jack_options_free(&jack);
    }
    CU_ASSERT_EQUAL(parse_jack("--config /no/such/file"), OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "/no/such/file"));
    jack_options_free(&jack);
    CU_ASSERT_EQUAL(parse_jack("--config /tmp"), OPTIONS_ERROR);
    jack_options_free(&jack);
}

static void a_file_sets_what_the_command_line_leaves(void)
{
    CU_ASSERT_EQUAL(
        parse_with_file("{\"channels\": 2, \"window\": 1024, \"name\": \"desk\", \"gate-db\": -48.5, "
                        "\"connect\": [\"a:*\", \"b:*\"], \"follow\": \"c:*\"}",
                        ""),
        OPTIONS_RUN);
    CU_ASSERT_EQUAL(jack.engine.analysis.channels, 2);
    CU_ASSERT_EQUAL(jack.engine.analysis.window, 1024);
    CU_ASSERT_EQUAL(jack.engine.analysis.hop, 512);
    CU_ASSERT_EQUAL(jack.engine.analysis.gate_db, -48.5);
    CU_ASSERT_STRING_EQUAL(jack.name, "desk");
    CU_ASSERT_EQUAL_FATAL(jack.connect.count, 2);
    CU_ASSERT_STRING_EQUAL(jack.connect.item[1], "b:*");
    CU_ASSERT_EQUAL(jack.follow.count, 1);
    jack_options_free(&jack);
}

static void a_file_may_hold_labels(void)
{
    CU_ASSERT_EQUAL(parse_with_file("{\"label\": [\"1=Kick drum\", \"2=Snare\"]}", ""), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(jack.labels.name[0], "Kick drum");
    CU_ASSERT_STRING_EQUAL(jack.labels.name[1], "Snare");
    jack_options_free(&jack);
    CU_ASSERT_EQUAL(parse_with_file("{\"label\": [\"1=Kick drum\", \"2=Snare\"]}", "--label 2=Hat"),
                    OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(jack.labels.name[0], "");
    CU_ASSERT_STRING_EQUAL(jack.labels.name[1], "Hat");
    jack_options_free(&jack);
    CU_ASSERT_EQUAL(parse_with_file("{\"label\": \"9=Kick\"}", ""), OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "--label 9=Kick"));
    jack_options_free(&jack);
}

static void the_command_line_wins(void)
{
    static const char file[] =
        "{\"channels\": 2, \"name\": \"desk\", \"connect\": [\"a:*\", \"b:*\"], \"hop\": 256}";
    CU_ASSERT_EQUAL(parse_with_file(file, "-c 4 --connect d:* -n stage"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(jack.engine.analysis.channels, 4);
    CU_ASSERT_EQUAL(jack.engine.analysis.hop, 256);
    CU_ASSERT_STRING_EQUAL(jack.name, "stage");
    CU_ASSERT_EQUAL_FATAL(jack.connect.count, 1);
    CU_ASSERT_STRING_EQUAL(jack.connect.item[0], "d:*");
    jack_options_free(&jack);
    CU_ASSERT_EQUAL(parse_with_file("{\"hop\": 4096}", "--window 4096"), OPTIONS_RUN); /* together they fit */
    CU_ASSERT_EQUAL(jack.engine.analysis.hop, 4096);
    jack_options_free(&jack);
}

/* Each option that --help has is written if it is not as usual, and read again as it was; but those that end
 * the program, or name a file. */
static void all_is_saved(void)
{
    static const char all[] =
        "-n stage -s other -c 3 --wait --connect a:* --connect b:* --follow c:* --label 1=Kick --label 3=Hat "
        "--window 1024 --hop 128 --gate-db -48.25 --tau-smooth-ms 1.5 --tau-criticality-ms 700 "
        "--ici-threshold 0.1 "
        "--criticality-threshold 3 --bands 4 --bands-per-channel --band-release-ms 3 --onset-threshold 0.3 "
        "--breathing "
        "--phi-depth 0.3 --phi-phase 6.283185307179586 --phi-rate 0.01 --auto-phi --add levels,onsets --cv "
        "--cv-add bands "
        "--no-compensation --calibrate-level -6.5 --calibrate-out x:a --calibrate-in x:b --midi-depth 10 "
        "--midi-phase 11 "
        "--midi-rate 12 --midi-breathing 13 --midi-auto 14 --midi-out --midi-out-channel 3 --midi-out-cc "
        "ici=40 "
        "--midi-out-note onset=none --midi-out-fine --group audio --verbose";
    char file[sizeof path];
    char *help = NULL;
    size_t size = 0;
    strcpy(path + sizeof path - 7, "XXXXXX");
    close(mkstemp(path));
    CU_ASSERT_EQUAL_FATAL(parse_jack(all), OPTIONS_RUN);
    CU_ASSERT_EQUAL_FATAL(jack_options_save(&jack, path, error), STATUS_OK);
    strcpy(file, path);
    FILE *out = open_memstream(&help, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    jack_options_help(out);
    fclose(out);
    const char *const kept[] = {"config", "check", "calibrate", "help", "version"};
    file_has_all(file, help, kept, sizeof kept / sizeof kept[0]);
    free(help);

    const struct jack_options before = jack;
    split(&words, "phicast-jack", "");
    CU_ASSERT_EQUAL_FATAL(jack_options_parse_session(&jack, 1, words.word, file, "stage.n", error),
                          OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(jack.client, "stage.n");
    CU_ASSERT_STRING_EQUAL(jack.name, "stage");
    CU_ASSERT_EQUAL(memcmp(&jack.engine, &before.engine, sizeof jack.engine), 0);
    CU_ASSERT_EQUAL(memcmp(&jack.labels, &before.labels, sizeof jack.labels), 0);
    CU_ASSERT_EQUAL(memcmp(&jack.midi, &before.midi, sizeof jack.midi), 0);
    CU_ASSERT_EQUAL(memcmp(&jack.midi_out_map, &before.midi_out_map, sizeof jack.midi_out_map), 0);
    CU_ASSERT(jack.midi_out && jack.wait && jack.cv && jack.cv_add == PART_BANDS && jack.no_compensation &&
              jack.verbose);
    CU_ASSERT_EQUAL(jack.calibrate_level, -6.5);
    CU_ASSERT_STRING_EQUAL(jack.server, "other");
    CU_ASSERT_STRING_EQUAL(jack.group, "audio");
    CU_ASSERT_STRING_EQUAL(jack.calibrate_in, "x:b");
    CU_ASSERT_EQUAL_FATAL(jack.connect.count, 2);
    CU_ASSERT_STRING_EQUAL(jack.connect.item[1], "b:*");
    CU_ASSERT_STRING_EQUAL(jack.follow.item[0], "c:*");
    jack_options_free(&jack);
    unlink(file);
}

static void a_session_has_its_own_file(void)
{
    static const char missing[] = "/nonexistent/phicast.nABCD";
    CU_ASSERT_EQUAL(parse_with_file("{\"channels\": 2}", ""),
                    OPTIONS_RUN); /* for its name, which is free again */
    jack_options_free(&jack);
    const char *const texts[] = {"{\"channels\": 5}", "{\"channels\": 65}", "{\"check\": true}",
                                 "{\"calibrate\": true}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        FILE *file = fopen(path, "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        fputs(texts[i], file);
        fclose(file);
        split(&words, "phicast-jack", "--hop 256 --config /nonexistent");
        const enum options_result result =
            jack_options_parse_session(&jack, words.count, words.word, path, "phicast.n", error);
        CU_ASSERT_EQUAL(result, i == 0 ? OPTIONS_RUN : OPTIONS_ERROR);
        CU_ASSERT(i > 0 || (jack.engine.analysis.channels == 5 && jack.engine.analysis.hop == 256));
        jack_options_free(&jack);
    }
    unlink(path);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "--calibrate: ends the program"));
    split(&words, "phicast-jack", "-c 3");
    CU_ASSERT_EQUAL(jack_options_parse_session(&jack, words.count, words.word, missing, "phicast.n", error),
                    OPTIONS_RUN);
    CU_ASSERT_EQUAL(jack.engine.analysis.channels, 3); /* it is new */
    CU_ASSERT_STRING_EQUAL(jack.name, "phicast");
    jack_options_free(&jack);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong values are refused by both", wrong_values_are_refused_by_both},
        {"wrong values are refused by jack", wrong_values_are_refused_by_jack},
        {"two controllers on one number are refused", two_controllers_on_one_number_are_refused},
        {"a name that takes the server's socket is refused", a_name_that_takes_the_servers_socket_is_refused},
        {"wrong labels are refused", wrong_labels_are_refused},
        {"render takes one file and no jack options", render_takes_one_file_and_no_jack_options},
        {"wrong files are refused", wrong_files_are_refused},
        {"the defaults are the documented ones", the_defaults_are_the_documented_ones},
        {"every option reaches its member", every_option_reaches_its_member},
        {"labels name their channels", labels_name_their_channels},
        {"voltages are asked for", voltages_are_asked_for},
        {"MIDI is asked for", midi_is_asked_for},
        {"an init string has room for all labels", an_init_string_has_room_for_all_labels},
        {"help and version come first", help_and_version_come_first},
        {"the help is complete", the_help_is_complete},
        {"a file sets what the command line leaves", a_file_sets_what_the_command_line_leaves},
        {"a file may hold labels", a_file_may_hold_labels},
        {"the command line wins", the_command_line_wins},
        {"all is saved", all_is_saved},
        {"a session has its own file", a_session_has_its_own_file},
        CU_TEST_INFO_NULL,
    };
    (void)setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    return unit_run("analyser_options", tests);
}
