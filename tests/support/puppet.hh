// SPDX-License-Identifier: BSD-3-Clause
// A module that does what a test says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tcpcopy/module.hh"

namespace tcpcopy::test {

inline std::string text_of(Bytes bytes) {
  std::string text;
  for (const std::byte b : bytes)
    text += static_cast<char>(b);
  return text;
}

inline std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> bytes;
  for (const char c : text)
    bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

class Puppet : public Module {
 public:
  Puppet() : Module("puppet") {}
  std::unique_ptr<ModuleSession> open_session() override { return std::make_unique<Part>(*this); }
  bool needs_answers() const override { return true; }

  std::function<void(const ModuleOpening&, Script&)> on_open;
  std::function<void(const ModuleInput&, Script&)> on_client;
  std::function<void(const ModuleAnswer&, Script&)> on_target;
  std::function<bool(const std::string&)> may_join;

 private:
  class Part : public ModuleSession {
   public:
    explicit Part(Puppet& puppet) : puppet_(puppet) {}
    void on_open(const ModuleOpening& opening, Script& out) override {
      if (puppet_.on_open) puppet_.on_open(opening, out);
    }
    void on_client(const ModuleInput& input, Script& out) override {
      puppet_.on_client(input, out);
    }
    void on_target(const ModuleAnswer& answer, Script& out) override {
      if (puppet_.on_target) puppet_.on_target(answer, out);
    }
    bool may_join(Bytes beginning) const override {
      return !puppet_.may_join || puppet_.may_join(text_of(beginning));
    }

    std::size_t memory() const override { return 100; }

   private:
    Puppet& puppet_;
  };
};

}  // namespace tcpcopy::test
