// SPDX-License-Identifier: BSD-3-Clause
// What a static program needs beside the daemons' own code, so that it takes nothing from the host
// that it runs on but the kernel. Linked with -DTCPCOPY_PORTABLE=ON.
#include <nss.h>
#include <openssl/crypto.h>

#include <utility>

namespace {

// glibc's look-ups of names would load the libraries that /etc/nsswitch.conf names, of another
// glibc than ours. Files and DNS are built in, and all that is asked for here.
constexpr std::pair<const char*, const char*> kLookUps[] = {
    {"hosts", "files dns"}, {"services", "files"}, {"protocols", "files"}, {"networks", "files"},
    {"ethers", "files"},    {"passwd", "files"},   {"group", "files"},     {"initgroups", "files"}};

// Before main(), for it must precede every look-up.
[[gnu::constructor]] void keep_to_what_is_built_in() {
  for (const auto& [database, services] : kLookUps)
    ::__nss_configure_lookup(database, services);
  // A configuration of OpenSSL on the host may name modules to be loaded.
  ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
}

}  // namespace

// libpcap can capture from D-Bus as well, and would bring its library along, of which Debian has no
// archive. These two stand in for that part of it: no such device is known.
extern "C" int dbus_findalldevs(void* /*devices*/, char* /*error*/) { return 0; }
extern "C" void* dbus_create(const char* /*device*/, char* /*error*/, int* is_ours) {
  *is_ours = 0;
  return nullptr;
}
