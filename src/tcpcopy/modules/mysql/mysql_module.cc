// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/mysql/mysql_module.hh"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tcpcopy/modules/mysql/answers.hh"
#include "tcpcopy/modules/mysql/messages.hh"
#include "tcpcopy/modules/mysql/scramble.hh"
#include "tcpcopy/modules/mysql/statements.hh"

namespace tcpcopy::modules::mysql {
namespace {

enum Command : std::uint8_t {
  kQuit = 0x01,
  kInitDb = 0x02,
  kQuery = 0x03,
  kChangeUser = 0x11,
  kPrepare = 0x16,
  kExecute = 0x17,
  kSendLongData = 0x18,
  kClose = 0x19,
  kReset = 0x1a,
  kFetch = 0x1c,
  kResetConnection = 0x1f,
  kBulkExecute = 0xfa,
};

constexpr std::size_t kTlsRequest = 32;        // bytes: the login's head alone
constexpr std::size_t kNoAttributes = 3;       // bytes of a query that may have some, and has none
constexpr std::size_t kLongestSetting = 4096;  // bytes of a SET or USE that is kept
constexpr std::size_t kMostSettings = 64;      // of a session
// What a client of no great age says it can.
constexpr std::uint32_t kMadeUpCapabilities = 0x1 | 0x4 | capability::kProtocol41 | 0x2000 |
                                              capability::kSecureConnection | 0x10000 | 0x20000 |
                                              0x40000 | capability::kPluginAuth;

struct Accounts {
  std::map<std::string, std::string> passwords;
  std::optional<std::pair<std::string, std::string>> join;  // user, database
  bool skip_grant_tables = false;
};

// Whether a query begins with a word, whatever its case.
bool begins_with(Bytes text, std::string_view word) {
  return text.size() > word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char w, std::byte b) {
           return w == static_cast<char>(std::to_integer<unsigned char>(b) & 0xdfU) ||
                  (w == ' ' && b <= std::byte{' '});
         });
}

std::uint32_t id_at(Bytes bytes) {
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < 4; ++i)
    id |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return id;
}

bool uses_statement(std::uint8_t command) {
  return (command >= kExecute && command <= kReset) || command == kFetch || command == kBulkExecute;
}

class MysqlSession : public ModuleSession {
 public:
  MysqlSession(Module& module, const Accounts& accounts) : module_(module), accounts_(accounts) {}

  void on_open(const ModuleOpening& opening, Script& out) override;
  void on_client(const ModuleInput& input, Script& out) override;
  void on_target(const ModuleAnswer& answer, Script& out) override;
  bool may_join(Bytes beginning) const override;
  std::size_t memory() const override {
    return sizeof *this + statements_.memory() + settings_.size() * 128;
  }

 private:
  enum class Phase : std::uint8_t { kGreeting, kLogin, kAuthentication, kPreamble, kCommands };

  // A command whose answer is to come. Of a PREPARE, its statement's number.
  struct Asked {
    std::uint32_t statement = 0;
  };

  void on_packet(const Frame& frame, Bytes head, Script& out);
  void on_greeting(Bytes head, Script& out);
  void on_authentication(const Frame& frame, Bytes head, Script& out);
  void on_answer(Bytes head, Script& out);
  void go_on_with_preamble(Script& out);

  void take_login(const Frame& frame, Bytes payload, Script& out);
  void take_command(const Frame& frame, Bytes shown, const ModuleInput& input, Script& out);
  void take_change_user(const Frame& frame, Bytes payload, Script& out);
  void take_use(const Frame& frame, Bytes shown, const ModuleInput& input, Script& out);
  void take_query(const Frame& frame, Bytes payload, Script& out);
  void look_ahead(Bytes bytes);
  void keep(const Frame& frame, Script& out, std::optional<Asked> asked);
  void say(Bytes payload, std::optional<Asked> asked, Script& out);
  void keep_setting(Bytes payload);

  std::optional<std::vector<std::byte>> prove(std::string_view plugin, Bytes challenge,
                                              Script& out);
  std::string plugin_to_answer() const;

  Module& module_;
  const Accounts& accounts_;

  // Of the client, whatever the connection.
  std::optional<Login> login_;
  std::string user_;
  std::string database_;
  std::deque<std::vector<std::byte>> settings_;  // SET and USE, in order
  Statements statements_;
  std::uint64_t seen_to_ = 0;     // of the client's stream
  bool answers_dropped_ = false;  // what it says now answers production's challenge
  bool attributes_ = false;       // its queries have attributes
  bool continues_ = false;        // its next packet is the rest of a message

  // Of the connection.
  Phase phase_ = Phase::kGreeting;
  Greeting greeting_;
  Answers answers_;
  std::deque<Asked> asked_;
  std::deque<std::pair<std::vector<std::byte>, Asked>> preamble_;
  std::uint8_t last_number_ = 0xff;  // of the target's packets
  bool strips_attributes_ = false;   // of the client's queries: the target knows none
  bool whole_ = true;
  bool answer_begins_ = false;  // with what the target says when it has heard all
};

// Nothing of another connection is of use, but for what the client has set up.
void MysqlSession::on_open(const ModuleOpening& opening, Script& out) {
  phase_ = Phase::kGreeting;
  answers_.begin();
  asked_.clear();
  preamble_.clear();
  last_number_ = 0xff;
  answer_begins_ = continues_ = answers_dropped_ = false;
  whole_ = opening.whole;
  statements_.forget_answers();
  if (whole_) {
    login_.reset();
    statements_ = Statements();
    settings_.clear();
    seen_to_ = 0;
    return;
  }
  if (login_) return;
  if (!accounts_.join) {
    return out.fail(
        "a session was joined behind its login, and the module's file does not say who it is: "
        "`join = NAME:DATABASE`");
  }
  statements_ = Statements(true);
  user_ = accounts_.join->first;
  database_ = accounts_.join->second;
  login_.emplace();
  login_->capabilities = kMadeUpCapabilities;
}

// Commands begin with packet number 0, and are of a known kind.
bool MysqlSession::may_join(Bytes beginning) const {
  if (beginning.size() < kFrame + 1) return false;
  const Frame frame = read_frame(beginning);
  const auto command = std::to_integer<std::uint8_t>(beginning[kFrame]);
  return frame.number == 0 && frame.length > 0 && command > 0 &&
         (command <= kResetConnection || command == kBulkExecute);
}

std::string MysqlSession::plugin_to_answer() const {
  const bool known = greeting_.plugin == kNative || greeting_.plugin == kCachingSha2;
  return known ? greeting_.plugin : std::string(kNative);
}

// The answer to a challenge, for the user that the session has now.
std::optional<std::vector<std::byte>> MysqlSession::prove(std::string_view plugin, Bytes challenge,
                                                          Script& out) {
  std::string password;
  if (!accounts_.skip_grant_tables) {
    const auto found = accounts_.passwords.find(user_);
    if (found == accounts_.passwords.end()) {
      out.fail(
          fmt::format("user '{}' logs in, and the module's file has no password for it: "
                      "`user = {}:PASSWORD`",
                      user_, user_));
      return std::nullopt;
    }
    password = found->second;
  }
  if (plugin == kClearText) {
    out.fail(
        fmt::format("the target wants the password of '{}' in clear: that is not done", user_));
    return std::nullopt;
  }
  auto answer = answer_challenge(plugin, password, challenge);
  if (!answer) {
    out.fail(fmt::format("the target has user '{}' log in by {}, which this module does not know",
                         user_, plugin));
  }
  return answer;
}

void MysqlSession::on_client(const ModuleInput& input, Script& out) {
  const Bytes bytes = input.bytes;
  if (bytes.size() < kFrame) return;
  const Frame frame = read_frame(bytes);
  if (bytes.size() < kFrame + std::min(frame.length, 1U)) return;
  const std::size_t whole = kFrame + frame.length;
  if (continues_) {
    continues_ = frame.length == kLongest;
    return out.keep(whole);
  }
  if (phase_ == Phase::kGreeting) return out.hold();
  if (phase_ == Phase::kLogin) {
    if (bytes.size() < whole) return;
    return take_login(frame, bytes.subspan(kFrame, frame.length), out);
  }
  if (frame.number != 0) {
    if (answers_dropped_) return out.drop(whole);
    return out.keep(whole);  // a file that the target has asked for
  }
  if (frame.length == 0) return out.fail("a client says a command of no byte");
  if (phase_ != Phase::kCommands) return out.hold();
  answers_dropped_ = false;
  take_command(frame, bytes.subspan(kFrame), input, out);
}

void MysqlSession::take_login(const Frame& frame, Bytes payload, Script& out) {
  const bool tls = frame.length == kTlsRequest;
  auto login = tls ? std::nullopt : parse_login(payload);
  if (tls) {
    return out.fail("a client encrypts its session (TLS): it cannot be replayed");
  }
  if (!login) return out.fail("what a client says first is no login that this module knows");
  if ((login->capabilities & (capability::kCompress | capability::kZstd)) != 0) {
    return out.fail(fmt::format(
        "user '{}' compresses its session: have its client not do so (compression)", login->user));
  }
  user_ = login->user;
  database_ = login->database;
  login_ = std::move(*login);
  attributes_ = (login_->capabilities & capability::kQueryAttributes) != 0;
  strips_attributes_ = attributes_ && (greeting_.capabilities & capability::kQueryAttributes) == 0;
  // What the target cannot, it would not read as the client means it.
  login_->capabilities &=
      greeting_.capabilities | ~(capability::kQueryAttributes | capability::kDeprecateEof);
  login_->plugin = plugin_to_answer();
  if (!accounts_.skip_grant_tables) {
    const auto answer = prove(login_->plugin, greeting_.challenge, out);
    if (!answer) return;
    login_->answer = *answer;
  }
  phase_ = Phase::kAuthentication;
  answers_dropped_ = answer_begins_ = true;
  out.replace(kFrame + frame.length, framed(frame.number, payload_of(*login_)));
}

void MysqlSession::keep(const Frame& frame, Script& out, std::optional<Asked> asked) {
  if (asked) asked_.push_back(*asked);
  answer_begins_ = true;
  continues_ = frame.length == kLongest;
  out.keep(kFrame + frame.length);
}

void MysqlSession::take_command(const Frame& frame, Bytes shown, const ModuleInput& input,
                                Script& out) {
  const auto command = std::to_integer<std::uint8_t>(shown[0]);
  const bool all = shown.size() >= frame.length;
  const bool small = frame.length <= Statements::kLongestText;
  if (uses_statement(command)) {
    if (shown.size() < 5) return;
    return take_use(frame, shown, input, out);
  }
  if (!all && small && (command == kPrepare || command == kChangeUser)) return;
  if (!all && frame.length <= kLongestSetting && (command == kQuery || command == kInitDb)) return;
  const Bytes payload = shown.first(std::min<std::size_t>(shown.size(), frame.length));
  switch (command) {
    case kChangeUser:
      return take_change_user(frame, payload, out);
    case kQuery:
      return take_query(frame, payload, out);
    case kInitDb:
      keep_setting(payload);
      return keep(frame, out, Asked{});
    case kPrepare: {
      const bool again = input.at < seen_to_;
      seen_to_ = std::max(seen_to_, input.at + kFrame + frame.length);
      if (again) return keep(frame, out, Asked{});
      return keep(frame, out, Asked{statements_.prepare(all ? payload.subspan(1) : Bytes())});
    }
    case kResetConnection:
      statements_ = Statements();
      settings_.clear();
      return keep(frame, out, Asked{});
    case kQuit:
      return keep(frame, out, std::nullopt);
    default:
      return keep(frame, out, Asked{});
  }
}

void MysqlSession::take_query(const Frame& frame, Bytes payload, Script& out) {
  const Bytes text = payload.subspan(std::min(payload.size(), attributes_ ? kNoAttributes : 1));
  if (begins_with(text, "SET ") || begins_with(text, "USE ")) keep_setting(payload);
  // A statement that has a name takes a number too.
  if (begins_with(text, "PREPARE ")) statements_.on_answer(statements_.prepare({}), {}, 0);
  if (!strips_attributes_) return keep(frame, out, Asked{});
  // The target would read them as the query's first characters.
  if (payload.size() < kNoAttributes || payload[1] != std::byte{0}) {
    return out.fail("a query has attributes, which the target cannot take");
  }
  if (frame.length == kLongest) return out.fail("a query of 16 MB has attributes");
  std::vector<std::byte> head = framed(0, {});
  const std::uint32_t length = frame.length - 2;
  for (std::size_t i = 0; i < 3; ++i)
    head[i] = static_cast<std::byte>(length >> (8 * i));
  head.push_back(std::byte{kQuery});
  asked_.push_back({});
  answer_begins_ = true;
  out.replace(kFrame + kNoAttributes, head);
  if (frame.length > kNoAttributes) out.keep(frame.length - kNoAttributes);
}

void MysqlSession::keep_setting(Bytes payload) {
  if (payload.size() > kLongestSetting) return;
  settings_.emplace_back(payload.begin(), payload.end());
  if (settings_.size() > kMostSettings) settings_.pop_front();
}

void MysqlSession::take_change_user(const Frame& frame, Bytes payload, Script& out) {
  auto change = parse_change_user(payload, login_->capabilities);
  if (!change) return out.fail("a client changes its user in a way that this module does not know");
  user_ = change->user;
  database_ = change->database;
  change->plugin = plugin_to_answer();
  if (!accounts_.skip_grant_tables) {
    const auto answer = prove(change->plugin, greeting_.challenge, out);
    if (!answer) return;
    change->answer = *answer;
  }
  statements_ = Statements();
  settings_.clear();
  phase_ = Phase::kAuthentication;
  answers_dropped_ = answer_begins_ = true;
  out.replace(kFrame + frame.length,
              framed(frame.number, payload_of(*change, login_->capabilities)));
}

// What the client goes on with tells which statements it means, too.
void MysqlSession::look_ahead(Bytes bytes) {
  while (bytes.size() > kFrame + 5) {
    const Frame frame = read_frame(bytes);
    const auto command = std::to_integer<std::uint8_t>(bytes[kFrame]);
    if (command == kPrepare || frame.number != 0 || frame.length == 0) return;
    if (uses_statement(command)) {
      statements_.learn({id_at(bytes.subspan(kFrame + 1)), command == kExecute, frame.length});
    }
    if (bytes.size() <= kFrame + frame.length) return;
    bytes = bytes.subspan(kFrame + frame.length);
  }
}

void MysqlSession::take_use(const Frame& frame, Bytes shown, const ModuleInput& input,
                            Script& out) {
  if (!statements_.all_answered()) return out.hold();
  const auto command = std::to_integer<std::uint8_t>(shown[0]);
  const std::uint32_t id = id_at(shown.subspan(1));
  const bool known = statements_.learn({id, command == kExecute, frame.length});
  if (known && statements_.guessed()) look_ahead(input.bytes);
  const auto number = known ? statements_.number_of(id) : std::nullopt;
  const Statements::Statement* statement = number ? statements_.find(*number) : nullptr;
  if (statement == nullptr || !statement->id) {
    module_.say(statement == nullptr
                    ? "statements are used that were prepared before their session was joined, or "
                      "cannot be told: these commands are left out"
                    : "statements are used that the target has refused to prepare: these commands "
                      "are left out");
    return out.drop(kFrame + frame.length);
  }
  if (statements_.guessed()) {
    module_.say("which statement is meant is guessed where several are alike: the first");
  }
  const std::uint32_t to = id == kLastPrepared ? id : *statement->id;
  if (command == kClose) statements_.close(*number);
  const bool answered = command != kClose && command != kSendLongData;
  if (to == id) return keep(frame, out, answered ? std::optional(Asked{}) : std::nullopt);
  std::vector<std::byte> bytes(4);
  for (std::size_t i = 0; i < 4; ++i)
    bytes[i] = static_cast<std::byte>(to >> (8 * i));
  out.keep(kFrame + 1);
  out.replace(4, bytes);
  if (frame.length > 5) out.keep(frame.length - 5);
  if (answered) asked_.push_back({});
  answer_begins_ = true;
  continues_ = frame.length == kLongest;
}

void MysqlSession::on_target(const ModuleAnswer& answer, Script& out) {
  if (answer_begins_ && answer.heard_all) {
    answer_begins_ = false;
    if (answers_.lost()) {
      answers_.begin();
      last_number_ = 0xff;
      // Of what was asked at once only the last is known to be answered with this.
      if (asked_.size() > 1) asked_.erase(asked_.begin(), asked_.end() - 1);
    }
  }
  answers_.feed(answer, [&](const Frame& frame, Bytes head) {
    if (!out.failure()) on_packet(frame, head, out);
  });
}

void MysqlSession::on_packet(const Frame& frame, Bytes head, Script& out) {
  const bool begins = frame.number == 1 && last_number_ != 0;
  last_number_ = frame.number;
  switch (phase_) {
    case Phase::kGreeting:
      return on_greeting(head, out);
    case Phase::kLogin:
      return;  // what it says before it was asked
    case Phase::kAuthentication:
      return on_authentication(frame, head, out);
    case Phase::kPreamble:
    case Phase::kCommands:
      if (begins) on_answer(head, out);
  }
}

void MysqlSession::on_greeting(Bytes head, Script& out) {
  if (!head.empty() && head[0] == std::byte{0xff}) {
    return out.fail("the target refuses the connection: " + error_text(head));
  }
  const auto greeting = parse_greeting(head);
  if (!greeting) {
    return out.fail(
        "what the target says first is no greeting of MySQL, or too little of it comes back");
  }
  greeting_ = *greeting;
  strips_attributes_ = attributes_ && (greeting_.capabilities & capability::kQueryAttributes) == 0;
  phase_ = Phase::kLogin;
  if (whole_) return;
  Login login = *login_;
  login.user = user_;
  login.database = database_;
  if (!database_.empty()) login.capabilities |= capability::kConnectWithDb;
  login.plugin = plugin_to_answer();
  const auto answer = prove(login.plugin, greeting_.challenge, out);
  if (!answer) return;
  login.answer = *answer;
  phase_ = Phase::kAuthentication;
  answer_begins_ = true;
  out.insert(framed(1, payload_of(login)));
}

void MysqlSession::on_authentication(const Frame& frame, Bytes head, Script& out) {
  if (head.empty()) return;
  switch (std::to_integer<std::uint8_t>(head[0])) {
    case 0x00:
      if (whole_ || preamble_.empty()) phase_ = Phase::kCommands;
      if (!std::exchange(whole_, true)) {
        for (const auto& setting : settings_)
          preamble_.push_back({setting, {}});
        for (const auto& [number, statement] : statements_.open()) {
          std::vector<std::byte> payload{std::byte{kPrepare}};
          payload.insert(payload.end(), statement.text.begin(), statement.text.end());
          if (!statement.text.empty()) preamble_.push_back({std::move(payload), {number}});
        }
        go_on_with_preamble(out);
      }
      return;
    case 0xff:
      return out.fail(fmt::format("the target refuses user '{}': {}", user_, error_text(head)));
    case 0xfe: {
      const auto asked = parse_auth_switch(head);
      if (!asked) {
        return out.fail(fmt::format(
            "the target wants user '{}' to log in as before MySQL 4.1, or in a way that is none",
            user_));
      }
      greeting_.challenge = asked->challenge;
      const auto answer = prove(asked->plugin, asked->challenge, out);
      if (!answer) return;
      answer_begins_ = true;
      return out.insert(framed(static_cast<std::uint8_t>(frame.number + 1), *answer));
    }
    case 0x01:
      if (head.size() > 1 && head[1] == std::byte{4}) {
        out.fail(fmt::format(
            "the target wants the whole login of user '{}' (caching_sha2_password), which takes an "
            "encrypted connection: log in there once by other means, so that it remembers the user",
            user_));
      }
      return;
    default:
      return out.fail(fmt::format("the target's login says what this module does not know"));
  }
}

void MysqlSession::go_on_with_preamble(Script& out) {
  phase_ = preamble_.empty() ? Phase::kCommands : Phase::kPreamble;
  if (preamble_.empty()) return;
  auto [payload, asked] = std::move(preamble_.front());
  preamble_.pop_front();
  asked_.push_back(asked);
  answer_begins_ = true;
  out.insert(framed(0, payload));
}

void MysqlSession::on_answer(Bytes head, Script& out) {
  Asked asked;
  if (!asked_.empty()) {
    asked = asked_.front();
    asked_.pop_front();
  }
  if (asked.statement > 0) {
    const bool prepared = head.size() >= 9 && head[0] == std::byte{0};
    if (!prepared && (head.empty() || head[0] == std::byte{0})) {
      return out.fail("the ids of the target's statements do not come back: too few bytes of it");
    }
    const auto parameters = static_cast<std::uint16_t>(
        prepared ? std::to_integer<unsigned>(head[7]) | std::to_integer<unsigned>(head[8]) << 8U
                 : 0);
    statements_.on_answer(asked.statement,
                          prepared ? std::optional(id_at(head.subspan(1))) : std::nullopt,
                          parameters);
  }
  if (phase_ == Phase::kPreamble) go_on_with_preamble(out);
}

class MysqlModule : public Module {
 public:
  explicit MysqlModule(Accounts accounts) : Module("mysql"), accounts_(std::move(accounts)) {}

  std::unique_ptr<ModuleSession> open_session() override {
    return std::make_unique<MysqlSession>(*this, accounts_);
  }
  bool needs_answers() const override { return true; }

 private:
  Accounts accounts_;
};

}  // namespace

std::unique_ptr<Module> open_module(const ModuleFile& file) {
  Accounts accounts;
  for (const ModuleFile::Line& line : file.lines) {
    const std::size_t colon = line.value.find(':');
    std::string first = line.value.substr(0, colon);
    std::string second = colon == std::string::npos ? "" : line.value.substr(colon + 1);
    if (line.name == "user") {
      if (colon == std::string::npos || first.empty()) throw file.fault(line, "is NAME:PASSWORD");
      if (!accounts.passwords.emplace(std::move(first), std::move(second)).second) {
        throw file.fault(line, "this user stands in the file twice");
      }
    } else if (line.name == "join") {
      if (first.empty()) throw file.fault(line, "is NAME, or NAME:DATABASE");
      if (accounts.join) throw file.fault(line, "stands in the file twice");
      accounts.join.emplace(std::move(first), std::move(second));
    } else if (line.name == "skip-grant-tables") {
      accounts.skip_grant_tables = parse_flag(file, line);
    } else {
      throw file.fault(line,
                       "is nothing that this module knows: user, join, skip-grant-tables, port");
    }
  }
  if (accounts.passwords.empty() && !accounts.skip_grant_tables) {
    throw runtime::UsageError(fmt::format("{}: it has no line `user = NAME:PASSWORD`", file.path));
  }
  return std::make_unique<MysqlModule>(std::move(accounts));
}

}  // namespace tcpcopy::modules::mysql
