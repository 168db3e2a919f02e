#include "engine/io/file_system.h"
