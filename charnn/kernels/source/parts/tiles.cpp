#include "../arithmetic/tile.hpp"

#define CHARNN_ADD_LANES(F)                                                                        \
    template void charnn::add_lanes<F>(long, const F*, long, const charnn::Vector<F>*, long, long, \
                                       charnn::Vector<charnn::Number<F>>*, bool)
CHARNN_ADD_LANES(float);
CHARNN_ADD_LANES(double);
CHARNN_ADD_LANES(charnn::Pair);
