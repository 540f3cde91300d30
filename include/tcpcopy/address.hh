// SPDX-License-Identifier: BSD-3-Clause
// Network addresses and what is made of them: endpoints and flow keys.
//
// An Address holds IPv6, or IPv4 in its IPv4-mapped form (RFC 4291, 2.5.5.2), so that everything
// behind the parser is free of address families. Only IPv4 enters the daemons today.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpcopy {

class Address {
 public:
  /// The unspecified IPv4 address, 0.0.0.0.
  constexpr Address() = default;

  /// @param bits the address in host byte order: 10.0.0.1 is 0x0a000001.
  static constexpr Address v4(std::uint32_t bits) {
    Address address;
    address.words_[3] = bits;
    return address;
  }

  /// @param words the 128 bits of an IPv6 or IPv4-mapped address, each word in host byte order.
  static constexpr Address of_words(const std::array<std::uint32_t, 4>& words) {
    Address address;
    address.words_ = words;
    return address;
  }
  constexpr const std::array<std::uint32_t, 4>& words() const { return words_; }

  /// @param text dotted decimal, as `10.0.0.1`.
  /// @return the address; nothing when the text is no IPv4 address.
  static std::optional<Address> parse_v4(std::string_view text);

  constexpr bool is_v4() const { return words_[0] == 0 && words_[1] == 0 && words_[2] == kMapped; }

  /// The IPv4 address in host byte order. REQUIRES: is_v4().
  constexpr std::uint32_t v4_bits() const { return words_[3]; }

  constexpr bool is_unspecified() const { return *this == Address(); }
  constexpr bool is_loopback() const { return is_v4() && v4_bits() >> 24U == 127; }

  /// Dotted decimal for IPv4, eight groups of hexadecimal digits for IPv6.
  std::string to_string() const;

  friend constexpr auto operator<=>(const Address&, const Address&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Address& address) {
    return H::combine(std::move(state), address.words_);
  }

 private:
  static constexpr std::uint32_t kMapped = 0xffff;

  // The 128 bits of the address, each word in host byte order.
  std::array<std::uint32_t, 4> words_{0, 0, kMapped, 0};
};

/// An address and a port; the port is in host byte order.
struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  /// `10.0.0.1:80`
  std::string to_string() const;

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Endpoint& endpoint) {
    return H::combine(std::move(state), endpoint.address, endpoint.port);
  }
};

/// The two ends of one connection, named by role and not by direction of a packet.
struct FlowKey {
  Endpoint client;  ///< who opened the connection
  Endpoint server;  ///< the online server or the target

  friend constexpr auto operator<=>(const FlowKey&, const FlowKey&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const FlowKey& key) {
    return H::combine(std::move(state), key.client, key.server);
  }
};

}  // namespace tcpcopy
