// varved as a program: how it starts, how it refuses to, how it stops.
#include "tests/support/broker_process.h"
#include "tests/support/scripted_peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace varve {
namespace {

using namespace amqp;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Varved, SaysWhatItDidAtTheStart) {
    BrokerProcess broker;
    EXPECT_THAT(broker.diag(), ContainsRegex("info server.starting version=[0-9.]+ data_dir="));
    EXPECT_THAT(broker.diag(), HasSubstr(" info server.recovered "));
    EXPECT_EQ(broker.stop(), 0);
    EXPECT_THAT(broker.diag(), HasSubstr(" info server.stopped"));
}

TEST(Varved, ConfirmedMessagesSurviveBeingKilled) {
    BrokerProcess broker;
    {
        ScriptedPeer peer(broker.port());
        peer.log_in();
        peer.open_channel(1);
        peer.declare_queue(1, "q");
        peer.call<ConfirmSelectOk>(1, ConfirmSelect{});
        BasicPublish publish;
        publish.routing_key = "q";
        peer.publish(1, publish, "kept", std::string_view("\x10\x00\x02", 3));
        peer.expect<BasicAck>(1);
        broker.kill();
    }
    broker.start_again();

    ScriptedPeer peer(broker.port());
    peer.log_in();
    peer.open_channel(1);
    const auto message = peer.get(1, "q");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->body, "kept");
}

TEST(Varved, ClientsAreToldWhenItStops) {
    BrokerProcess broker;
    ScriptedPeer peer(broker.port());
    peer.log_in();
    kill(broker.pid(), SIGTERM);

    EXPECT_THAT(peer.expect_connection_close(), StartsWith("320 CONNECTION_FORCED - "));
    EXPECT_TRUE(peer.ends());
    // A second SIGTERM changes nothing.
    EXPECT_EQ(broker.stop(), 0);
    EXPECT_THAT(broker.diag(), HasSubstr(" info server.stopped"));
}

TEST(Varved, StopsThoughAClientDoesNotAnswer) {
    BrokerProcess broker;
    ScriptedPeer silent(broker.port());
    silent.log_in();
    ScriptedPeer half_open(broker.port());
    EXPECT_EQ(broker.stop(), 0);
}

TEST(Varved, ABusyPortIsSaidInOneLine) {
    BrokerProcess broker;
    const ProgramResult second = run_varved({"--data-dir",
                                             broker.folder() + "/other",
                                             "--bind",
                                             "127.0.0.1",
                                             "--amqp-port",
                                             std::to_string(broker.port())});
    EXPECT_EQ(second.status, 69);
    EXPECT_THAT(second.standard_error,
                HasSubstr("cannot listen on 127.0.0.1:" + std::to_string(broker.port())));
    EXPECT_EQ(second.standard_output, "");
}

TEST(Varved, ADataDirectoryInUseIsSaidInOneLine) {
    BrokerProcess broker;
    const ProgramResult second = run_varved({"--data-dir", broker.data_dir(), "--amqp-port", "0"});
    EXPECT_EQ(second.status, 75) << second.standard_error;
    EXPECT_THAT(second.standard_error,
                HasSubstr("stop the other process, or choose another --data-dir"));
}

TEST(Varved, ADataDirectoryOfANewerFormatIsSaidInOneLine) {
    BrokerProcess broker;
    ASSERT_EQ(broker.stop(), 0);
    std::ofstream(broker.data_dir() + "/format") << "varve data directory, format 99\n";

    const ProgramResult result = run_varved({"--data-dir", broker.data_dir(), "--amqp-port", "0"});

    EXPECT_EQ(result.status, 76) << result.standard_error;
    EXPECT_THAT(result.standard_error, HasSubstr("format 99, this program knows "));
    EXPECT_THAT(result.standard_error, HasSubstr("start the varved that wrote it"));
}

TEST(Varved, ADataDirectoryThatCannotBeMadeIsSaidInOneLine) {
    const ProgramResult result = run_varved({"--data-dir", "/proc/varve", "--amqp-port", "0"});
    EXPECT_THAT(result.status, ::testing::AnyOf(73, 74, 77)) << result.standard_error;
    EXPECT_THAT(result.standard_error, HasSubstr("/proc/varve"));
}

TEST(Varved, AWrongFlagIsSaidWithTheNearest) {
    const ProgramResult result = run_varved({"--amqp-prt", "1"});
    EXPECT_EQ(result.status, 64);
    EXPECT_EQ(result.standard_error,
              "varved: unknown argument '--amqp-prt'; did you mean --amqp-port?; varved --help "
              "lists all\n");
}

TEST(Varved, HelpAndVersionGoToStandardOutput) {
    EXPECT_THAT(run_varved({"--version"}).standard_output, ContainsRegex("^varved [0-9.]+\n$"));
    const ProgramResult help = run_varved({"--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.standard_output, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace varve
