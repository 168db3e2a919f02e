# varve_ctl: rabbitmqctl, over the broker's control socket.
add_library(varve_ctl STATIC
    ctl/connections.cc
    ctl/control_client.cc
    ctl/cursors_command.cc
    ctl/eval.cc
    ctl/limits.cc
    ctl/line.cc
    ctl/listings.cc
    ctl/node.cc
    ctl/permissions.cc
    ctl/policies.cc
    ctl/queues.cc
    ctl/rabbitmqctl.cc
    ctl/rabbitmqctl_command.cc
    ctl/rows.cc
    ctl/users.cc
    ctl/vhosts.cc)
target_link_libraries(varve_ctl
    PRIVATE varve_flags varve_text varve_terminal varve_asio fmt::fmt Boost::json
    PUBLIC varve::engine CLI11::CLI11)
