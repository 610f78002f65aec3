# SPDX-License-Identifier: Apache-2.0
# scale.gnuplot: four pictures in one. data: the folder with "AXIS.KIND", out: the SVG.
set terminal svg size 900,640 font "sans,12" background "white"
set output out
set multiplot layout 2,2 title "What the agent adds to open + close, in instructions"
set logscale xy
set yrange [100:200000]
set format y "%'.0f"
set key top left
set grid ytics lc rgb "#dddddd"
names = "depth labels files carriers"
array texts[4] = ["folders above the file", "labels, with four rules each", "labeled files", "processes that carry labels"]
array kinds[4] = ["unlabeled, again", "labeled, again", "unlabeled, first", "labeled, first"]
do for [i = 1:4] {
	set xlabel texts[i]
	if (i > 1) { unset key }
	plot for [k = 1:4] data."/".word(names, i).".".kinds[k] with linespoints pt 7 ps 0.5 lt k title kinds[k]
}
unset multiplot
