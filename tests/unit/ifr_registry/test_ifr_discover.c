/* test_ifr_discover.c - a folder with sockets that listen, sockets that do not, and other things.
 */
#include "unit.h"

#include <mfn/ifr_discover.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/ifr-discover-XXXXXX";
static struct mfn_ifr_components components; /* large */

/* A socket of that name; listening ones stay open until the test ends. */
static int socket_make(const char *name, bool is_listening)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder, name);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    if (!is_listening) {
        close(fd);
        return -1;
    }
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void remove_all(void)
{
    static const char *const names[] = {
        "transport.sock", "security.sock",  "42.sock", "ifr.sock",
        "other.sock",     "scheduler.sock", ".sock",   "consensus"
    };
    char path[100];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)remove(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

static enum mfn_ifr_state state_of(uint32_t component_id)
{
    const struct mfn_ifr_member *const member = mfn_ifr_components_find(&components, component_id);
    assert_non_null(member);
    return mfn_ifr_member_state(member, 5);
}

static void sockets_of_components_are_found(void **state)
{
    (void)state;
    char path[100];
    size_t count = 0;
    assert_non_null(mkdtemp(folder));
    const int listening = socket_make("transport.sock", true);
    const int own = socket_make("ifr.sock", true);
    (void)socket_make("security.sock", false);
    (void)socket_make("42.sock", false);
    (void)socket_make("other.sock", false);
    (void)socket_make(".sock", false);
    snprintf(path, sizeof path, "%s/scheduler.sock", folder);
    assert_int_equal(mkdir(path, 0700), 0); /* no socket, whatever it is called */
    assert_int_equal(mfn_ifr_components_add(&components, 42, 5), BASE_OK); /* it is connected */
    assert_int_equal(mfn_ifr_discover(folder, 5, &components, &count, NULL), BASE_OK);
    assert_int_equal(count, 3);
    assert_int_equal(components.count, 3);
    assert_int_equal(state_of(MFN_IFR_TRANSPORT), MFN_IFR_RUNNING);
    assert_int_equal(state_of(MFN_IFR_SECURITY), MFN_IFR_FAILED);
    assert_int_equal(state_of(42), MFN_IFR_STARTING);
    for (int i = 0; i < 10; i++) /* a full backlog is alive, too */
        assert_int_equal(mfn_ifr_discover(folder, 5, &components, &count, NULL), BASE_OK);
    assert_int_equal(state_of(MFN_IFR_TRANSPORT), MFN_IFR_RUNNING);
    close(listening);
    close(own);
    assert_int_equal(mfn_ifr_discover(folder, 5, &components, &count, NULL), BASE_OK);
    assert_int_equal(state_of(MFN_IFR_TRANSPORT), MFN_IFR_FAILED);
    remove_all();
}

static void folders_that_cannot_be_searched(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    size_t count = 7;
    char long_name[100];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(mfn_ifr_discover("/nowhere/at/all", 5, &components, &count, &why),
                     BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "/nowhere/at/all: cannot look for components"));
    assert_int_equal(mfn_ifr_discover("/dev/null", 5, &components, &count, &why), BASE_EIO);
    assert_int_equal(mfn_ifr_discover(long_name, 5, &components, &count, &why), BASE_EINVALID);
    assert_int_equal(mfn_ifr_discover("", 5, &components, &count, &why), BASE_EINVALID);
    assert_int_equal(count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_of_components_are_found),
        cmocka_unit_test(folders_that_cannot_be_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
