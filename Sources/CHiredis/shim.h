#include <hiredis/hiredis.h>
#include "table.h"
