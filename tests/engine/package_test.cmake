# Installs the engine, builds the example against what was installed, and runs it twice.
# Needs SOURCE, BUILD, WORK (emptied first), BUILD_TYPE, FLAGS and GENERATOR.
function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY
        OUTPUT_VARIABLE output ECHO_OUTPUT_VARIABLE)
    set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect_lines)
    foreach(line IN LISTS ARGV)
        string(FIND "${output}" "${line}\n" at)
        if(at LESS 0)
            message(FATAL_ERROR "no line \"${line}\" in:\n${output}")
        endif()
    endforeach()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --component engine --prefix ${WORK}/prefix)

# What users see is what engine.h includes; and nothing of it needs anything that is not there.
file(GLOB_RECURSE headers RELATIVE ${WORK}/prefix/include/varve ${WORK}/prefix/include/varve/*)
list(SORT headers)
if(headers MATCHES "journal|store|committer|group_commit")
    message(FATAL_ERROR "private headers were installed: ${headers}")
endif()

run(${CMAKE_COMMAND} -S ${SOURCE}/docs/examples/queue -B ${WORK}/build -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_BUILD_TYPE=${BUILD_TYPE} -DCMAKE_CXX_COMPILER=${COMPILER}
    -DCMAKE_CXX_FLAGS=${FLAGS})
run(${CMAKE_COMMAND} --build ${WORK}/build)

run(${WORK}/build/queue ${WORK}/data)
expect_lines("waiting: 0=sow 2=reap" "all since this run began: 0=sow 1=water 2=reap")
run(${WORK}/build/queue ${WORK}/data)
expect_lines("waiting: 0=sow 2=reap 3=sow 5=reap" "all since this run began: 3=sow 4=water 5=reap")

file(REMOVE_RECURSE ${WORK})
