# varve_tools_load: `varve bench`, an AMQP load generator that checks what it gets back.
add_library(varve_tools_load STATIC
    load/amqp_uri.cc
    load/bench.cc
    load/checker.cc
    load/client.cc
    load/command.cc
    load/consumer.cc
    load/consumer_group.cc
    load/histogram.cc
    load/ledger.cc
    load/ledger_file.cc
    load/options.cc
    load/poller.cc
    load/publisher.cc
    load/publisher_group.cc
    load/report_text.cc
    load/sequence_set.cc
    load/stamp.cc
    load/stop_signal.cc
    load/topology.cc)
target_link_libraries(varve_tools_load
    PRIVATE varve_flags varve_terminal varve_text fmt::fmt Threads::Threads
    PUBLIC varve_amqp_wire varve_message CLI11::CLI11)
