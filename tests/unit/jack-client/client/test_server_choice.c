/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JACK or PipeWire: which one is tried, and what the next start is told. */
#include "jack-client/client/libjack.h"
#include "jack-client/client/pipewire.h"
#include "jack-client/client/server_choice.h"
#include "jack-client/client/server_name.h"
#include "tests/unit/unit.h"

#include <jack/jack.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char jacks[] = "1.9.21";
static const char pipewires[] = "3.0.0.0 (using PipeWire 0.3.65)";
static const char *version = jacks;
static char folder[] = "/tmp/phicast-test-choice-XXXXXX";
static char path[96];
static const struct jack_options options;

const char *jack_get_version_string(void)
{
    return version;
}

/* A socket at `path`; with nobody behind it unless it listens. */
static int bind_socket(bool listens)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_FATAL(fd >= 0);
    memcpy(address.sun_path, path, strlen(path) + 1);
    CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (listens) {
        CU_ASSERT_EQUAL(listen(fd, 4), 0);
    }
    return fd;
}

static void unbind_socket(int fd)
{
    close(fd);
    unlink(path);
}

/* The name is one that no server of this machine has in /run/pipewire. */
static void look_there(void)
{
    (void)setenv("PIPEWIRE_REMOTE", "phicast-test", 1);
    (void)setenv("XDG_RUNTIME_DIR", folder, 1);
    (void)unsetenv("PIPEWIRE_RUNTIME_DIR");
    (void)unsetenv("JACK_DEFAULT_SERVER");
    version = jacks;
}

static void nobody_answers(void)
{
    char endless[4000];
    look_there();
    CU_ASSERT_FALSE(pipewire_answers());
    int fd = bind_socket(false);
    CU_ASSERT_FALSE(pipewire_answers());
    unbind_socket(fd);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_FALSE(pipewire_answers());
    CU_ASSERT_EQUAL(rmdir(path), 0);
    fd = bind_socket(true);
    (void)setenv("PIPEWIRE_RUNTIME_DIR", "/nonexistent", 1); /* comes before XDG_RUNTIME_DIR */
    CU_ASSERT_FALSE(pipewire_answers());
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    (void)setenv("PIPEWIRE_RUNTIME_DIR", endless, 1);
    CU_ASSERT_FALSE(pipewire_answers());
    (void)setenv("PIPEWIRE_REMOTE", "/nonexistent/phicast-test", 1);
    CU_ASSERT_FALSE(pipewire_answers());
    (void)unsetenv("XDG_RUNTIME_DIR");
    (void)unsetenv("PIPEWIRE_RUNTIME_DIR");
    (void)setenv("PIPEWIRE_REMOTE", "phicast-test", 1);
    CU_ASSERT_FALSE(pipewire_answers());
    unbind_socket(fd);
}

static void somebody_answers(void)
{
    look_there();
    const int fd = bind_socket(true);
    CU_ASSERT_TRUE(pipewire_answers());
    (void)setenv("PIPEWIRE_RUNTIME_DIR", "", 1); /* as if it were not set */
    CU_ASSERT_TRUE(pipewire_answers());
    (void)setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
    (void)setenv("PIPEWIRE_RUNTIME_DIR", folder, 1);
    CU_ASSERT_TRUE(pipewire_answers());
    (void)unsetenv("PIPEWIRE_RUNTIME_DIR");
    (void)setenv("PIPEWIRE_REMOTE", path, 1);
    CU_ASSERT_TRUE(pipewire_answers());
    unbind_socket(fd);
}

static void the_next_start(void)
{
    (void)unsetenv("LD_LIBRARY_PATH");
    CU_ASSERT_FALSE(libjack_was_chosen());
    CU_ASSERT_TRUE(libjack_choose_pipewires("/pw"));
    CU_ASSERT_TRUE(libjack_was_chosen());
    CU_ASSERT_STRING_EQUAL(getenv("LD_LIBRARY_PATH"), "/pw");
    libjack_choose_usual();
    CU_ASSERT_FALSE(libjack_was_chosen());
    CU_ASSERT_PTR_NULL(getenv("LD_LIBRARY_PATH"));
    (void)setenv("LD_LIBRARY_PATH", "/opt/a:/opt/b", 1);
    CU_ASSERT_TRUE(libjack_choose_pipewires("/pw"));
    CU_ASSERT_STRING_EQUAL(getenv("LD_LIBRARY_PATH"), "/pw:/opt/a:/opt/b");
    CU_ASSERT_TRUE(server_prepare_start(SERVER_JACK));
    CU_ASSERT_STRING_EQUAL(getenv("LD_LIBRARY_PATH"), "/opt/a:/opt/b");
    (void)unsetenv("LD_LIBRARY_PATH");
}

static void who_is_tried(void)
{
    char found[256];
    const enum server_choice there =
        pipewire_find_libjack(found, sizeof found) ? SERVER_PIPEWIRE : SERVER_OUT_OF_REACH;
    struct jack_options named = {.server = "default"};
    look_there();
    CU_ASSERT_EQUAL(server_choose_after(&options), SERVER_HERE);
    const int fd = bind_socket(true);
    CU_ASSERT_EQUAL(server_choose_after(&options), there);
    CU_ASSERT_EQUAL(server_prepare_start(SERVER_PIPEWIRE), there == SERVER_PIPEWIRE);
    libjack_choose_usual();

    CU_ASSERT_EQUAL(server_choose_after(&named), SERVER_HERE);
    (void)setenv("JACK_DEFAULT_SERVER", "stage", 1);
    CU_ASSERT_STRING_EQUAL(server_name(&options), "stage");
    CU_ASSERT_STRING_EQUAL(server_name(&named), "default");
    CU_ASSERT_TRUE(server_is_named(&named) && server_is_named(&options));
    CU_ASSERT_EQUAL(server_choose_after(&options), SERVER_HERE);
    (void)setenv("JACK_DEFAULT_SERVER", "default", 1);
    CU_ASSERT_FALSE(server_is_named(&options));
    CU_ASSERT_EQUAL(server_choose_after(&options), there);

    version = pipewires; /* somebody else's choice */
    CU_ASSERT_EQUAL(server_choose_after(&options), SERVER_HERE);
    CU_ASSERT_EQUAL(server_choose_before(0), SERVER_HERE);
    version = jacks; /* ours, which has come to nothing */
    CU_ASSERT_TRUE(libjack_choose_pipewires("/pw"));
    CU_ASSERT_EQUAL(server_choose_after(&options), SERVER_HERE);
    CU_ASSERT_EQUAL(server_choose_before(0), SERVER_HERE);
    libjack_choose_usual();
    unbind_socket(fd);
}

/* JACK's sockets: one that listens is a server, and the next server of that name is another one. */
static void servers_of_a_name(void)
{
    static const char name[] = "phicast-test-choice";
    char before[sizeof path];
    memcpy(before, path, sizeof path);
    (void)unsetenv("JACK_PROMISCUOUS_SERVER");
    snprintf(path, sizeof path, "%s/jack_%s_%u_0", folder, name, geteuid());
    CU_ASSERT_EQUAL(server_of_name(name), 0);
    int fd = bind_socket(false);
    CU_ASSERT_EQUAL(server_of_name(name), 0);
    unbind_socket(fd);
    fd = bind_socket(true);
    const unsigned long first = server_of_name(name);
    CU_ASSERT_NOT_EQUAL(first, 0);
    CU_ASSERT_EQUAL(server_of_name(name), first);
    CU_ASSERT_EQUAL(server_of_name("phicast-test"), 0);
    unlink(path); /* it goes, and the next one is there before anybody has looked */
    const int next = bind_socket(true);
    close(fd);
    const unsigned long second = server_of_name(name);
    CU_ASSERT_TRUE(second != 0 && second != first);
    unbind_socket(next);
    CU_ASSERT_EQUAL(server_of_name(name), 0);
    memcpy(path, before, sizeof path);
}

static void a_place_too_small(void)
{
    char found[4];
    CU_ASSERT_FALSE(pipewire_find_libjack(found, sizeof found));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"nobody answers", nobody_answers},
        {"somebody answers", somebody_answers},
        {"the next start", the_next_start},
        {"who is tried", who_is_tried},
        {"servers of a name", servers_of_a_name},
        {"a place too small", a_place_too_small},
        CU_TEST_INFO_NULL,
    };
    if (!mkdtemp(folder)) {
        return EXIT_FAILURE;
    }
    snprintf(path, sizeof path, "%s/phicast-test", folder);
    const int code = unit_run("server_choice", tests);
    return rmdir(folder) == 0 ? code : EXIT_FAILURE;
}
