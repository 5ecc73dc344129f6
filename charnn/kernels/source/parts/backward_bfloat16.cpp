#include "../recurrence/backward.hpp"

template const charnn::OfCells<charnn::Run>& charnn::backward_passes<charnn::Pair>();
