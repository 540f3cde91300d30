// SPDX-License-Identifier: BSD-3-Clause
// A configuration file that lives as long as its test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace tcpcopy::test {

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text)
      : path_(testing::TempDir() + "config-" + std::to_string(::getpid()) + ".ini") {
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { std::remove(path_.c_str()); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  ConfigFile(ConfigFile&&) = delete;
  ConfigFile& operator=(ConfigFile&&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tcpcopy::test
