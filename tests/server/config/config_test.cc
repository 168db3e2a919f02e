#include "server/config.h"

#include "server/setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <unistd.h>

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Config must_load(const ConfigSources& sources) {
    ConfigOutcome outcome = load_config(sources);
    if (const auto* failure = std::get_if<StartFailure>(&outcome)) {
        ADD_FAILURE() << failure->text;
        return {};
    }
    return std::get<Config>(outcome);
}

StartFailure must_fail(const ConfigSources& sources) {
    ConfigOutcome outcome = load_config(sources);
    if (const auto* failure = std::get_if<StartFailure>(&outcome)) return *failure;
    ADD_FAILURE() << "was accepted";
    return {};
}

// A configuration file that goes with the test.
class File {
public:
    explicit File(const std::string& text) {
        path_ = ::testing::TempDir() + "varve_config_test_" + std::to_string(getpid()) + ".conf";
        std::ofstream(path_) << text;
    }
    ~File() { std::remove(path_.c_str()); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

TEST(Config, DefaultsServeThisMachineOnly) {
    const Config config = must_load({});

    EXPECT_THAT(config.bind, ElementsAre("127.0.0.1", "::1"));
    EXPECT_TRUE(config.bind_is_default);
    EXPECT_EQ(config.amqp_port, 5672);
    EXPECT_EQ(config.product, "RabbitMQ");
    EXPECT_EQ(config.product_version, "3.13.7");
    EXPECT_EQ(config.handshake_timeout, std::chrono::seconds(10));
    EXPECT_EQ(config.channel_max, 2047);
}

TEST(Config, HandshakeTakesAtLeastASecondAndChannelsHaveNumbers) {
    const Config config = must_load({{"--handshake-timeout", "3s", "--channel-max", "0"}, {}});

    EXPECT_EQ(config.handshake_timeout, std::chrono::seconds(3));
    EXPECT_EQ(config.channel_max, 0);
    EXPECT_THAT(must_fail({{"--handshake-timeout", "0"}, {}}).text, HasSubstr("handshake-timeout"));
    EXPECT_THAT(must_fail({{"--channel-max", "65536"}, {}}).text, HasSubstr("channel-max"));
}

TEST(Config, FlagsWinOverEnvironmentOverFileOverDefaults) {
    const File file("amqp-port = 1\nshards = 1\nheartbeat = 1\n");

    const Config config = must_load({{"--config", file.path(), "--amqp-port", "3"},
                                     {{"VARVE_AMQP_PORT", "2"}, {"VARVE_SHARDS", "2"}}});

    EXPECT_EQ(config.amqp_port, 3);
    EXPECT_EQ(config.shards, 2u);
    EXPECT_EQ(config.heartbeat, std::chrono::seconds(1));
    EXPECT_EQ(config.message_size_max, 16_MiB);
}

TEST(Config, BindMayBeRepeatedAndReplacesTheDefault) {
    EXPECT_THAT(must_load({{"--bind", "0.0.0.0", "--bind", "[::1]"}, {}}).bind,
                ElementsAre("0.0.0.0", "::1"));
    EXPECT_THAT(must_load({{}, {{"VARVE_BIND", "10.0.0.1, ::"}}}).bind,
                ElementsAre("10.0.0.1", "::"));
    EXPECT_FALSE(must_load({{"--bind=127.0.0.1"}, {}}).bind_is_default);
}

TEST(Config, FileMayHoldCommentsAndBlankLines) {
    const File file("# the port\n\n  amqp-port=7  \r\nlog-format = json\n");

    const Config config = must_load({{"--config", file.path()}, {}});

    EXPECT_EQ(config.amqp_port, 7);
    EXPECT_EQ(config.diag.format, DiagFormat::json);
}

TEST(Config, UnknownKeyInTheFileIsAnErrorWithItsLineAndTheNearestName) {
    const File file("amqp-port = 7\ndata-dri = /x\n");

    const StartFailure failure = must_fail({{"--config", file.path()}, {}});

    EXPECT_EQ(failure.exit_code, ExitCode::config);
    EXPECT_THAT(failure.text,
                StartsWith(file.path() + ":2: unknown setting 'data-dri'; did you mean data-dir?"));
}

TEST(Config, UnknownFlagIsAnErrorWithTheNearestName) {
    const StartFailure failure = must_fail({{"--amqp-prot=7"}, {}});

    EXPECT_EQ(failure.exit_code, ExitCode::usage);
    EXPECT_THAT(failure.text, HasSubstr("'--amqp-prot'; did you mean --amqp-port?"));
}

TEST(Config, MistypedEnvironmentVariableIsAnErrorWithTheNearestName) {
    const StartFailure failure = must_fail({{}, {{"VARVE_DATADIR", "/x"}}});

    EXPECT_EQ(failure.exit_code, ExitCode::config);
    EXPECT_THAT(failure.text, HasSubstr("VARVE_DATADIR; did you mean VARVE_DATA_DIR?"));
}

TEST(Config, EnvironmentOfOtherProgramsIsLeftAlone) {
    EXPECT_EQ(must_load({{}, {{"VARVE_CRASH_SEED", "7"}}}).amqp_port, 5672);
}

TEST(Config, KeySetTwiceInTheFileIsAnError) {
    const File file("shards = 1\nshards = 2\n");
    EXPECT_THAT(must_fail({{"--config", file.path()}, {}}).text,
                HasSubstr(":2: shards was set before"));
}

TEST(Config, UnreadableFileIsAnError) {
    const StartFailure failure = must_fail({{"--config", "/nowhere/varve.conf"}, {}});

    EXPECT_EQ(failure.exit_code, ExitCode::config);
    EXPECT_THAT(failure.text, HasSubstr("/nowhere/varve.conf: No such file or directory"));
}

TEST(Config, ValuesAreChecked) {
    EXPECT_EQ(must_fail({{"--amqp-port", "65536"}, {}}).text,
              "--amqp-port: '65536': expected a number from 0 to 65535");
    EXPECT_THAT(must_fail({{"--message-size-max", "129MiB"}, {}}).text,
                HasSubstr("at most 134217728 bytes"));
    EXPECT_THAT(must_fail({{"--product-version", "3.13-rc"}, {}}).text,
                HasSubstr("such as 3.13.7"));
    EXPECT_THAT(must_fail({{"--log-level", "loud"}, {}}).text,
                HasSubstr("debug, info, warn, error"));
    EXPECT_THAT(must_fail({{"--bind", "localhost"}, {}}).text, HasSubstr("numeric address"));
    EXPECT_EQ(must_fail({{}, {{"VARVE_SHARDS", "many"}}}).exit_code, ExitCode::config);
}

TEST(Config, SizesTakeUnits) {
    EXPECT_EQ(must_load({{"--message-size-max", "1MiB"}, {}}).message_size_max, 1_MiB);
    EXPECT_EQ(must_load({{"--disk-free-limit", "5GB"}, {}}).disk_free_limit, 5000000000u);
    EXPECT_EQ(must_load({{"--disk-free-limit", "17"}, {}}).disk_free_limit, 17u);
}

TEST(Config, HelpBeginsWithExamplesAndNamesEverySetting) {
    const ConfigOutcome outcome = load_config({{"--help"}, {}});

    const std::string& text = std::get<ConfigText>(outcome).text;
    EXPECT_LT(text.find("Examples:"), text.find("Options:"));
    for (const Setting& setting : settings())
        EXPECT_THAT(text, HasSubstr("--" + std::string(setting.key)));
}

TEST(Config, EverySettingIsInItsDocumentWithItsDefault) {
    std::ifstream document(VARVE_SOURCE_DIR "/docs/configuration.md");
    std::string text(std::istreambuf_iterator<char>(document), {});
    std::erase(text, '`');
    for (const Setting& setting : settings()) {
        const size_t row = text.find("\n| " + std::string(setting.key) + " |");
        ASSERT_NE(row, std::string::npos) << setting.key;
        // The help ends with "(default: 1GiB)".
        const size_t at = setting.help.rfind("(default: ") + 10;
        const std::string value(setting.help.substr(at, setting.help.size() - at - 1));
        EXPECT_THAT(text.substr(row, text.find('\n', row + 1) - row), HasSubstr(value));
    }
}

TEST(StartFailure, EachReasonHasItsExitCodeAndSaysWhatToDo) {
    const auto failure = [](ErrorCode code) { return start_failure_of({code, "why"}, "/data"); };
    EXPECT_EQ(failure(ErrorCode::busy).exit_code, ExitCode::busy);
    EXPECT_EQ(failure(ErrorCode::newer_format).exit_code, ExitCode::newer_format);
    EXPECT_EQ(failure(ErrorCode::corrupt).exit_code, ExitCode::damaged_data);
    EXPECT_EQ(failure(ErrorCode::access_refused).exit_code, ExitCode::no_permission);
    EXPECT_EQ(failure(ErrorCode::io).exit_code, ExitCode::io);
    EXPECT_EQ(failure(ErrorCode::newer_format).text,
              "cannot use the data directory /data: why; start the varved that wrote it, or a "
              "newer one");
}

}  // namespace
}  // namespace varve
