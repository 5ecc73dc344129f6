#include "../recurrence/forward.hpp"

template const charnn::OfCells<charnn::Run>& charnn::forward_passes<charnn::Pair>();
